{{/* The image's tag, which is the agent's version. */}}
{{- define "traceloop.tag" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* The labels of every object. */}}
{{- define "traceloop.labels" -}}
app.kubernetes.io/name: traceloop
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ include "traceloop.tag" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* A size in Mi, rounded up. */}}
{{- define "traceloop.mebibytes" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- if hasSuffix "Gi" . -}}
{{ mul $number 1024 }}
{{- else if hasSuffix "Mi" . -}}
{{ $number }}
{{- else -}}
{{ div (add $number 1023) 1024 }}
{{- end -}}
{{- end }}

{{/* The memory of the rings together with what is beside them, as a quantity. */}}
{{- define "traceloop.withRings" -}}
{{ add (include "traceloop.mebibytes" .rings) (include "traceloop.mebibytes" .beside) }}Mi
{{- end }}

{{/* The security context of what is root on the node, and may do nothing else. */}}
{{- define "traceloop.securityContext" -}}
# Root's user, as the runtimes' sockets and the pins are root's.
runAsUser: 0
runAsGroup: 0
privileged: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  add:
    {{- toYaml .Values.capabilities | nindent 4 }}
{{- with .Values.seccompProfile }}
seccompProfile:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.appArmorProfile }}
appArmorProfile:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.seLinuxOptions }}
seLinuxOptions:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* On which nodes the pods are, and what they need to be there. */}}
{{- define "traceloop.scheduling" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
nodeSelector:
  kubernetes.io/os: linux
  {{- with .Values.nodeSelector }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
