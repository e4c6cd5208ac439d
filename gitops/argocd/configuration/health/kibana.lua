-- Health of Kibana and the other Elastic kinds that report a colour.
local health = { status = "Progressing", message = "No health reported yet" }
if obj.status ~= nil and obj.status.health ~= nil then
  local colours = { green = "Healthy", yellow = "Progressing", red = "Degraded" }
  health.status = colours[obj.status.health] or "Progressing"
  health.message = "Health is " .. obj.status.health
end
return health
