// Read for their CustomResourceDefinitions only: nothing of them is compiled. `go mod tidy` would
// therefore remove every line; renew the sums with `go mod download` of the lines below.
module cluster-tools/crds

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/elastic/cloud-on-k8s/v3 v3.5.0
	github.com/external-secrets/external-secrets v1.3.2
	github.com/kedacore/keda/v2 v2.21.0
	github.com/prometheus-operator/prometheus-operator v0.85.0
	istio.io/api v1.31.4
	sigs.k8s.io/gateway-api v1.6.3
)
