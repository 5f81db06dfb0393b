-- What Argo CD says of an OutboxPipeline: resource.customizations.health.outboxpipeline.io_OutboxPipeline in its ConfigMap argocd-cm.
-- It follows kstatus, as Flux does, and says Suspended while a pipeline is paused or scaled to zero.
local health = { status = "Progressing", message = "the operator has not judged it yet" }
if obj.metadata.deletionTimestamp ~= nil then
  health.message = "it drains"
  return health
end
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return health
end
local conditions = {}
for _, condition in ipairs(obj.status.conditions or {}) do
  conditions[condition.type] = condition
end
local function holds(type)
  local condition = conditions[type]
  if condition ~= nil and condition.status == "True" then
    health.message = condition.message
    return true
  end
  return false
end
if holds("Reconciling") then
  return health
end
if holds("Stalled") then
  health.status = "Degraded"
elseif holds("Paused") then
  health.status = "Suspended"
elseif conditions.Ready == nil then
  health.status = "Suspended"
  health.message = "its relays or consumers are stopped on purpose"
elseif holds("Ready") then
  health.status = "Healthy"
else
  health.message = conditions.Ready.message
end
return health
