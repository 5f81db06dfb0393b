{{/* What all objects are called. The first release is usually named as the chart; its name isn't said twice. */}}
{{- define "outboxpipeline.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "outboxpipeline" .Release.Name -}}
{{- printf "%s-operator" (.Release.Name | trunc 54 | trimSuffix "-") -}}
{{- else -}}
{{- printf "%s-outboxpipeline-operator" (.Release.Name | trunc 39 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* What selects the operator's pods; never changes, for a Deployment's selector can't. */}}
{{- define "outboxpipeline.selector" -}}
app.kubernetes.io/name: outboxpipeline-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "outboxpipeline.labels" -}}
{{ include "outboxpipeline.selector" . }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: outboxpipeline
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "outboxpipeline.serviceAccount" -}}
{{- if .Values.serviceAccount.name -}}
{{- .Values.serviceAccount.name -}}
{{- else if .Values.serviceAccount.create -}}
{{- include "outboxpipeline.fullname" . -}}
{{- else -}}
default
{{- end -}}
{{- end -}}

{{/* An image's reference, of {image, registry, version}: the digest, if there is one, says more than the tag. */}}
{{- define "outboxpipeline.image" -}}
{{- $registry := .image.registry | default .registry -}}
{{- if $registry }}{{ $registry }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ .image.tag | default .version }}{{ end -}}
{{- end -}}

{{/*
What the operator asks of the API server where pipelines are. It makes Roles that allow leases, which it may do because
it holds the same verbs itself: neither escalate nor bind is needed.
*/}}
{{- define "outboxpipeline.rules" -}}
- apiGroups: [outboxpipeline.io]
  resources: [outboxpipelines]
  verbs: [get, list, watch, patch]
- apiGroups: [outboxpipeline.io]
  resources: [outboxpipelines/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [configmaps, serviceaccounts, services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, list, watch, create, patch, delete]
# Why a rollout does not get on.
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
# Each by its name, which a rule can't say beforehand.
- apiGroups: [""]
  resources: [secrets]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [get, create, patch]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, list, create, patch, delete, deletecollection]
{{- end -}}

{{/* What the console's objects are called. */}}
{{- define "outboxpipeline.console" -}}
{{- printf "%s-console" (include "outboxpipeline.fullname" . | trimSuffix "-operator" | trunc 55) -}}
{{- end -}}

{{/* Unlike the operator's, whose Service must not lead to the console. */}}
{{- define "outboxpipeline.consoleSelector" -}}
app.kubernetes.io/name: outboxpipeline-console
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "outboxpipeline.consoleLabels" -}}
{{ include "outboxpipeline.consoleSelector" . }}
app.kubernetes.io/component: console
app.kubernetes.io/part-of: outboxpipeline
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* It finds pipelines and their pods, and may read no Secret. */}}
{{- define "outboxpipeline.consoleRules" -}}
- apiGroups: [outboxpipeline.io]
  resources: [outboxpipelines]
  verbs: [list]
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
{{- end -}}

{{/* Labels of a pod that a hook runs: not the selector's, for it is not the operator. */}}
{{- define "outboxpipeline.hookLabels" -}}
app.kubernetes.io/name: outboxpipeline-{{ .hook }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: outboxpipeline
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{/* What pods of hooks have in common. */}}
{{- define "outboxpipeline.hookPod" -}}
restartPolicy: Never
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {}
{{- end -}}

{{/* What their containers have in common: the operator's image. */}}
{{- define "outboxpipeline.hookContainer" -}}
image: {{ include "outboxpipeline.image" (dict "image" .Values.image "registry" "" "version" .Chart.AppVersion) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError
resources:
  requests:
    cpu: 50m
    memory: 128Mi
    ephemeral-storage: 64Mi
  limits:
    memory: 256Mi
    ephemeral-storage: 256Mi
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
{{- end -}}
