-- Health of a SeldonDeployment. Without this, Argo CD takes one for healthy as soon as it is applied.
--
-- The operator reports Available, Creating or Failed, and never which generation it looked at: just
-- after a change the state may still be that of the version before. Two things help. A predictor that
-- the state does not count yet is waited for; and where something has to come after a healthy model,
-- it stands in a later sync wave, before which Argo CD pauses.
local health = { status = "Progressing", message = "The operator has not reported a state yet" }
if obj.status == nil or obj.status.state == nil then
  return health
end

local state = obj.status.state
local description = obj.status.description or ""

if state == "Failed" then
  -- Any error of the operator sets Failed, passing ones too, and it tries again by itself. Final is
  -- only that pods do not become ready. Health checks have no string library: the sentence is compared whole.
  if description == "" or description == "Deployment is no longer progressing and not available." then
    health.status = "Degraded"
    health.message = description
  else
    health.message = "The operator tries again: " .. description
  end
  return health
end

if state ~= "Available" then
  health.message = "Pods are not ready yet"
  return health
end

-- Each predictor has at least one Deployment, and the state lists those it was made from.
local wanted = #(obj.spec.predictors or {})
local reported = 0
for _ in pairs(obj.status.deploymentStatus or {}) do
  reported = reported + 1
end
if reported > 0 and reported < wanted then
  health.message = "The operator has seen " .. reported .. " of " .. wanted .. " predictors"
  return health
end

health.status = "Healthy"
health.message = description
return health
