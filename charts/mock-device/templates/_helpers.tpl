{{/* A text as a label's value: Flux appends +digest to the chart's version, and labels hold no +. */}}
{{- define "mock-device.labelValue" -}}
{{- regexReplaceAll "[^A-Za-z0-9]+$" (. | replace "+" "_" | trunc 63) "" -}}
{{- end -}}

{{- define "mock-device.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "mock-device.namespace" -}}
{{- default .Release.Namespace .Values.namespace.name -}}
{{- end -}}

{{/*
Labels of an object: (dict "root" $ "own" (dict …)), the operator's last. They change with each release, so no
selector may use them.
*/}}
{{- define "mock-device.labels" -}}
{{- $root := .root -}}
{{- $labels := dict
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version)
  "app.kubernetes.io/name" (default $root.Chart.Name $root.Values.nameOverride)
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/version" $root.Chart.AppVersion
  "app.kubernetes.io/managed-by" $root.Release.Service
-}}
{{- range $key, $value := $labels -}}{{- $_ := set $labels $key (include "mock-device.labelValue" $value) -}}{{- end -}}
{{- toYaml (mergeOverwrite $labels $root.Values.commonLabels (default (dict) .own)) -}}
{{- end -}}

{{/*
Annotations of an object: (dict "root" $ "wave" "-1" "own" (dict …)). Argo CD applies waves in order and waits
for health in between; everyone else ignores them.
*/}}
{{- define "mock-device.annotations" -}}
{{- $wave := dict "argocd.argoproj.io/sync-wave" .wave -}}
{{- toYaml (mergeOverwrite $wave .root.Values.commonAnnotations (default (dict) .own)) -}}
{{- end -}}

{{/* An image repository as this cluster pulls it: (dict "root" $ "repository" "ghcr.io/owner/name"). */}}
{{- define "mock-device.repository" -}}
{{- $registry := dig "imageRegistry" "" (default (dict) .root.Values.global) -}}
{{- if $registry -}}
{{- printf "%s/%s" (trimSuffix "/" $registry) (regexReplaceAll "^[^/]*[.:][^/]*/|^localhost/" .repository "") -}}
{{- else -}}
{{- .repository -}}
{{- end -}}
{{- end -}}

{{- define "mock-device.dockerfileConfigMap" -}}
{{- printf "%s-dockerfile-%s" (include "mock-device.fullname" .root) .name | trunc 253 -}}
{{- end -}}

{{/* Name and nodes of the Module; the earlier chart called them moduleName and nodeSelector. */}}
{{- define "mock-device.moduleName" -}}
{{- dig "moduleName" .Values.kernelModule.name .Values.kernelModule -}}
{{- end -}}

{{- define "mock-device.moduleSelector" -}}
{{- dig "nodeSelector" .Values.kernelModule.selector .Values.kernelModule | toYaml -}}
{{- end -}}
