-- Health of an application inside another one, so that sync waves wait for it.
local health = { status = "Progressing", message = "Not compared with git yet" }
if obj.status == nil or obj.status.health == nil or obj.status.sync == nil then
  return health
end

local operation = obj.status.operationState
if operation ~= nil and (operation.phase == "Failed" or operation.phase == "Error") then
  if obj.status.sync.status ~= "Synced" then
    health.status = "Degraded"
    health.message = operation.message
    return health
  end
elseif operation == nil and obj.status.sync.status ~= "Synced" then
  -- An application whose kinds are not there yet counts as healthy before its first sync.
  health.message = "Waiting for the first sync"
  return health
elseif operation ~= nil and operation.phase == "Running" then
  health.message = operation.message
  return health
end

health.status = obj.status.health.status or "Progressing"
health.message = obj.status.health.message
return health
