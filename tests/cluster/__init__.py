"""A real Kubernetes control plane with a real Argo CD and a real Seldon operator, for tests."""
