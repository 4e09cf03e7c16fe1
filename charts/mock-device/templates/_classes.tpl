{{/*
The DeviceClasses that are installed, by name, in JSON. The earlier chart had a list, which takes the place of all.
*/}}
{{- define "mock-device.deviceClasses" -}}
{{- $classes := dict -}}
{{- if kindIs "slice" .Values.deviceClasses -}}
{{- range $class := .Values.deviceClasses -}}{{- $_ := set $classes $class.name (omit $class "name") -}}{{- end -}}
{{- else -}}
{{- range $name, $class := .Values.deviceClasses -}}{{- if $class -}}{{- $_ := set $classes $name $class -}}{{- end -}}{{- end -}}
{{- end -}}
{{- $installed := dict -}}
{{- range $name, $class := $classes -}}
{{- if dig "enabled" true $class -}}
{{- if not (dig "selector" "cel" "" $class) -}}
{{- fail (printf "deviceClasses.%s has no selector.cel, which says in CEL which devices it holds." $name) -}}
{{- end -}}
{{- $_ := set $installed $name $class -}}
{{- end -}}
{{- end -}}
{{- toJson $installed -}}
{{- end -}}
