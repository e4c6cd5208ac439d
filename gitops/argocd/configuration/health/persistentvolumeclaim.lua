-- Health of a claim on a volume. Most storage classes bind it when its first pod comes; Argo CD's own check
-- takes it for unfinished until then, and a sync would wait for a pod that it has yet to bring, or for a
-- job that runs at night. That a volume never comes is told by alerts on what needs it.
local health = { status = "Healthy", message = "Waits for the first pod that uses it" }
if obj.status ~= nil and obj.status.phase == "Bound" then
  health.message = "Bound"
elseif obj.status ~= nil and obj.status.phase == "Lost" then
  health.status = "Degraded"
  health.message = "Its volume is gone"
end
return health
