##@ Promote
# Nothing here talks to a cluster: every target reads git and the forge, and opens a pull request.
# Values reach the commands through the environment ($$NAME, and `value` where one is only asked for):
# a reason may hold quotes or a dollar, and what comes from a report must never be run.
PROMOTE := $(DEV)/python -m $(PACKAGE)
MERGING := $(if $(value REPLACE),--replace) $(if $(value MERGE),--merge)

release: .venv/dev/.ready ## Champion to dev: IMAGE=name@sha256:... [BUNDLE_URI=uri] [LOAD_TEST=file]
	@[ -n "$${IMAGE:-}" ] || { echo 'name the image by digest: make release IMAGE=registry/name@sha256:...'; exit 2; }
	@$(PROMOTE) release --image "$$IMAGE" $(if $(value BUNDLE_URI),--bundle-uri "$$BUNDLE_URI") $(if $(value LOAD_TEST),--load-test "$$LOAD_TEST") $(MERGING)

promote: .venv/dev/.ready ## Release to the next environment: TO=test [RELEASE=id] [MERGE=1] [REPLACE=1]
	@[ -n "$${TO:-}" ] || { echo 'name the environment: make promote TO=test'; exit 2; }
	@$(PROMOTE) promote --to "$$TO" $(if $(value RELEASE),--release "$$RELEASE") $(MERGING)

rollback: needs-env .venv/dev/.ready ## Restore an earlier release: ENV=prod REASON=text [RELEASE=id] [MERGE=1]
	@$(PROMOTE) rollback --env "$$ENV" $(if $(value RELEASE),--to "$$RELEASE") $(if $(value REASON),--reason "$$REASON") $(if $(value ANALYSIS_RUN),--analysis-run "$$ANALYSIS_RUN") $(if $(value AUTOMATIC),--automatic) $(if $(value REVISION),--revision "$$REVISION") $(MERGING)

canary-start canary-step canary-finish: canary-%: needs-env .venv/dev/.ready
	@$(PROMOTE) canary $* --env "$$ENV" $(if $(value AUTOMATIC),--automatic) $(if $(value FINISH),--finish) $(MERGING)
canary-start: ## First share of the traffic for the release below: ENV=prod [MERGE=1]
canary-step: ## The next share: ENV=prod [AUTOMATIC=1] [FINISH=1] [MERGE=1]
canary-finish: ## After all of the traffic, the release stays: ENV=prod [MERGE=1]

canary-abort: needs-env .venv/dev/.ready ## All traffic back, the release is blocked: ENV=prod REASON=text | ANALYSIS_RUN=file
	@$(PROMOTE) canary abort --env "$$ENV" $(if $(value REASON),--reason "$$REASON") $(if $(value ANALYSIS_RUN),--analysis-run "$$ANALYSIS_RUN") $(if $(value AUTOMATIC),--automatic) $(if $(value REVISION),--revision "$$REVISION") $(MERGING)

ab-start: needs-env .venv/dev/.ready ## A/B test: ENV=prod OPTIONS="--outcome clicked --baseline 0.1 --minimum-effect 0.02"
	@$(PROMOTE) ab start --env "$$ENV" $(OPTIONS) $(MERGING)

ab-decide: needs-env .venv/dev/.ready ## Judge it and apply the winner: ENV=prod ASSIGNMENTS=log [OUTCOMES=file] [OPTIONS=..]
	@[ -n "$${ASSIGNMENTS:-}" ] || { echo 'name the log of answered requests: make ab-decide ENV=prod ASSIGNMENTS=requests.log'; exit 2; }
	@$(PROMOTE) ab decide --env "$$ENV" --assignments $(ASSIGNMENTS) $(if $(value OUTCOMES),--outcomes $(OUTCOMES)) $(OPTIONS) $(MERGING)

ab-stop shadow-start shadow-stop: needs-env .venv/dev/.ready
	@$(PROMOTE) $(subst -, ,$@) --env "$$ENV" $(if $(value SHARE),--share "$$SHARE") $(if $(value REASON),--reason "$$REASON") $(MERGING)
ab-stop: ## End an A/B test without a decision: ENV=prod [REASON=text]
shadow-start: ## Copies of requests to the release below, answers unused: ENV=prod [SHARE=100]
shadow-stop: ## End it: ENV=prod [REASON=text]

needs-env:
	@[ -n "$${ENV:-}" ] || { echo 'name the environment: ENV=prod'; exit 2; }

status: .venv/dev/.ready ## What runs where, what waits, what differs: [HTML=file]
	@$(PROMOTE) status $(if $(value HTML),--html "$$HTML")

advance: needs-env .venv/dev/.ready ## What comes next after a healthy environment: ENV=test REVISION=commit
	@[ -n "$${REVISION:-}" ] || { echo 'name the commit that was found healthy: REVISION=...'; exit 2; }
	@$(PROMOTE) advance --env "$$ENV" --revision "$$REVISION"

recheck: .venv/dev/.ready ## Judge the open promotions again, and tell the forge
	@$(PROMOTE) recheck

diff: .venv/dev/.ready ## What differs between two environments: FROM=staging TO=prod
	@[ -n "$${FROM:-}" ] && [ -n "$${TO:-}" ] || { echo 'name two environments: make diff FROM=staging TO=prod'; exit 2; }
	@$(PROMOTE) diff --from "$$FROM" --to "$$TO"

check-promotion: .venv/dev/.ready ## May this branch be merged? [BRANCH=name] [BASE=name] [SET_STATUS=1]
	@$(PROMOTE) check-promotion $(if $(value BRANCH),--branch "$$BRANCH") $(if $(value BASE),--base "$$BASE") $(if $(value SET_STATUS),--set-status)

report-deployment: .venv/dev/.ready ## Tell the forge how a deployment went: ENV= COMMIT= STATE= [MESSAGE=]
	@$(PROMOTE) report-deployment --env "$${ENV:-}" --commit "$${COMMIT:-}" --state "$${STATE:-}" $(if $(value MESSAGE),--message "$$MESSAGE")

kustomize: ## Install kustomize, with which pull requests show the rendered difference
	@scripts/install-kustomize

test-manifests: .venv/dev/.ready ## Render every overlay and component
	@scripts/install-kustomize || echo "tests of the manifests are skipped: see above"
	$(DEV)/python -m pytest -n 2 tests/manifests

.PHONY: release promote rollback canary-start canary-step canary-finish canary-abort ab-start ab-decide ab-stop \
	shadow-start shadow-stop needs-env status advance recheck diff check-promotion report-deployment kustomize test-manifests
