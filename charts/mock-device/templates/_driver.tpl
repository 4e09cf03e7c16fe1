{{/* The value at a path as a list of one, or an empty list, in JSON: (dict "in" $map "path" (list "image" "tag")). */}}
{{- define "mock-device.at" -}}
{{- $at := .in -}}
{{- $found := true -}}
{{- range $key := .path -}}
{{- if and $found (kindIs "map" $at) (hasKey (default (dict) $at) $key) -}}
{{- $at = get $at $key -}}
{{- else -}}
{{- $found = false -}}
{{- end -}}
{{- end -}}
{{- ternary (list $at) (list) (and $found (not (kindIs "invalid" $at))) | toJson -}}
{{- end -}}

{{/*
A setting of the driver as {"value": …} in JSON: (dict "root" $ "path" (list "image" "tag")). The earlier chart had
two DaemonSets, draDriver.controller and draDriver.nodeAgent, now one; what is set for them counts, if it agrees.
*/}}
{{- define "mock-device.driverSetting" -}}
{{- $driver := .root.Values.draDriver -}}
{{- $name := join "." .path -}}
{{- $value := include "mock-device.at" (dict "in" $driver "path" .path) | fromJsonArray -}}
{{- $controller := include "mock-device.at" (dict "in" $driver "path" (prepend .path "controller")) | fromJsonArray -}}
{{- $agent := include "mock-device.at" (dict "in" $driver "path" (prepend .path "nodeAgent")) | fromJsonArray -}}
{{- if and $controller $agent (ne (toJson $controller) (toJson $agent)) -}}
{{- fail (printf "draDriver.controller.%s and draDriver.nodeAgent.%s differ, but both are one pod now. Remove them and set draDriver.%s." $name $name $name) -}}
{{- end -}}
{{- range $earlier := list $controller $agent -}}
{{- if $earlier -}}{{- $value = $earlier -}}{{- end -}}
{{- end -}}
{{- dict "value" (first $value) | toJson -}}
{{- end -}}

{{- define "mock-device.driverEnabled" -}}
{{- if (include "mock-device.driverSetting" (dict "root" . "path" (list "enabled")) | fromJson).value -}}true{{- end -}}
{{- end -}}

{{/* KMM runs the driver, not this chart. */}}
{{- define "mock-device.driverByKmm" -}}
{{- if and .Values.kernelModule.enabled .Values.kernelModule.dra.enabled -}}true{{- end -}}
{{- end -}}

{{- define "mock-device.driverName" -}}
{{- printf "%s-dra-driver" (include "mock-device.fullname" . | trunc 52 | trimSuffix "-") -}}
{{- end -}}

{{- define "mock-device.serviceAccountName" -}}
{{- default (ternary (include "mock-device.driverName" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{/* What never changes of a driver's pod, for selectors. */}}
{{- define "mock-device.driverSelector" -}}
app.kubernetes.io/name: {{ include "mock-device.labelValue" (default .Chart.Name .Values.nameOverride) }}
app.kubernetes.io/instance: {{ include "mock-device.labelValue" .Release.Name }}
app.kubernetes.io/component: dra-driver
{{- end -}}

{{/* The driver's image; a digest wins over a tag. */}}
{{- define "mock-device.driverImage" -}}
{{- $image := dict -}}
{{- range $key := list "repository" "tag" "digest" -}}
{{- $_ := set $image $key (include "mock-device.driverSetting" (dict "root" $ "path" (list "image" $key)) | fromJson).value -}}
{{- end -}}
{{- $repository := include "mock-device.repository" (dict "root" . "repository" $image.repository) -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default (printf "v%s" (regexReplaceAll "\\+.*$" .Chart.AppVersion "")) $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* kubelet's root folder; the earlier chart asked for the plugin's folder below it. */}}
{{- define "mock-device.kubeletRoot" -}}
{{- $folder := dig "nodeAgent" "pluginSocket" "" .Values.draDriver -}}
{{- if $folder -}}
{{- trimSuffix "/plugins/mock-accel.example.com" (trimSuffix "/" $folder) -}}
{{- else -}}
{{- .Values.draDriver.kubeletRoot -}}
{{- end -}}
{{- end -}}

{{/* Seconds out of 30, 30s or 1m: (dict "root" $ "name" "rescanInterval"). */}}
{{- define "mock-device.seconds" -}}
{{- $text := (include "mock-device.driverSetting" (dict "root" .root "path" (list .name)) | fromJson).value | toString -}}
{{- if hasSuffix "m" $text -}}{{- mulf (trimSuffix "m" $text | float64) 60 -}}{{- else -}}{{- trimSuffix "s" $text -}}{{- end -}}
{{- end -}}

{{- define "mock-device.logLevel" -}}
{{- $verbosity := (include "mock-device.driverSetting" (dict "root" . "path" (list "verbosity")) | fromJson).value -}}
{{- if kindIs "invalid" $verbosity -}}{{- .Values.draDriver.logLevel -}}
{{- else -}}{{- ternary "debug" "info" (ge (int $verbosity) 6) -}}{{- end -}}
{{- end -}}

{{/* Flags of the driver. */}}
{{- define "mock-device.driverArgs" -}}
{{- $driver := .Values.draDriver -}}
- --kubelet-root={{ include "mock-device.kubeletRoot" . }}
- --cdi-root={{ $driver.cdiRoot }}
{{- if eq $driver.source "simulated" }}
- --source=simulated
- --topology=/etc/mock-accel/topology.yaml
{{- else }}
- --sysfs-root=/host/sys
- --dev-root=/host/dev
{{- end }}
- --rescan-interval={{ include "mock-device.seconds" (dict "root" . "name" "rescanInterval") }}
- --relist-interval={{ include "mock-device.seconds" (dict "root" . "name" "relistInterval") }}
- --reconcile-interval={{ include "mock-device.seconds" (dict "root" . "name" "reconcileInterval") }}
- --http-address=:{{ $driver.httpPort }}
- --health-service={{ ternary "on" "off" $driver.healthService }}
- --shared-counters={{ if kindIs "bool" $driver.sharedCounters }}{{ ternary "on" "off" $driver.sharedCounters }}{{ else }}{{ $driver.sharedCounters }}{{ end }}
- --durability={{ $driver.durability }}
- --log-level={{ include "mock-device.logLevel" . }}
- --log-format={{ $driver.logFormat }}
{{- with $driver.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Where devices come from: a topology; or the node's sysfs and, to see them come and go, its /dev. They are not mounted
over the container's own, by which Node knows its memory limit.
*/}}
{{- define "mock-device.sourceVolumes" -}}
{{- if eq .Values.draDriver.source "simulated" -}}
- name: topology
  configMap:
    name: {{ include "mock-device.driverName" . }}-topology
{{- else -}}
- name: sysfs
  hostPath:
    path: /sys
    type: Directory
- name: dev
  hostPath:
    path: /dev
    type: Directory
{{- end -}}
{{- end -}}

{{- define "mock-device.sourceMounts" -}}
{{- if eq .Values.draDriver.source "simulated" -}}
- name: topology
  mountPath: /etc/mock-accel
  readOnly: true
{{- else -}}
- name: sysfs
  mountPath: /host/sys
- name: dev
  mountPath: /host/dev
  readOnly: true
{{- end -}}
{{- end -}}

{{/* The driver as a part of KMM's Module. KMM mounts kubelet's folders and CDI's, and asks for health on port 51515. */}}
{{- define "mock-device.moduleDra" -}}
{{- $driver := .Values.draDriver -}}
driverName: mock-accel.example.com
serviceAccountName: {{ include "mock-device.serviceAccountName" . }}
container:
  image: {{ include "mock-device.driverImage" . }}
  imagePullPolicy: {{ (include "mock-device.driverSetting" (dict "root" . "path" (list "image" "pullPolicy")) | fromJson).value }}
  args:
    {{- include "mock-device.driverArgs" . | nindent 4 }}
  {{- with $driver.extraEnv }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with (include "mock-device.driverSetting" (dict "root" . "path" (list "resources")) | fromJson).value }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    {{- include "mock-device.sourceMounts" . | nindent 4 }}
    {{- with $driver.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
volumes:
  {{- include "mock-device.sourceVolumes" . | nindent 2 }}
  {{- with $driver.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with include "mock-device.deviceClasses" . | fromJson }}
deviceClasses:
  {{- range $name, $class := . }}
  - name: {{ $name }}
    selectors:
      - cel:
          expression: {{ $class.selector.cel | trim | toJson }}
    {{- with $class.config }}
    config:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end -}}
