-- Health of an AnalysisRun: that of Argo CD, but a failure also says what was measured, and how. It is
-- all that notifications hear of the run, and the pull request that takes a release back quotes it.
local phases = {
  Pending = "Progressing",
  Running = "Progressing",
  Successful = "Healthy",
  Failed = "Degraded",
  Error = "Degraded",
  -- In a sync, unknown counts as failed.
  Inconclusive = "Unknown",
}
local health = { status = "Progressing", message = "Nothing is measured yet" }
if obj.status == nil or phases[obj.status.phase] == nil then
  return health
end

local phase = obj.status.phase
health.status = phases[phase]
health.message = obj.status.message or ("The analysis is " .. phase)
if health.status == "Progressing" or health.status == "Healthy" then
  return health
end

for _, result in ipairs(obj.status.metricResults or {}) do
  if result.phase == phase and not result.dryRun then
    -- The last measurement may be a good one: what counts is the last that was not.
    local measured = "nothing"
    for _, measurement in ipairs(result.measurements or {}) do
      if measurement.phase == phase then
        measured = measurement.value or measurement.message or "nothing"
      end
    end
    local metadata = result.metadata or {}
    health.message = health.message .. "; " .. result.name .. " was " .. measured
    if metadata.ResolvedPrometheusQuery ~= nil then
      health.message = health.message .. " by the query " .. metadata.ResolvedPrometheusQuery
    end
  end
end
return health
