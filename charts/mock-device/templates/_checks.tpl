{{/* Values that would be ignored, or that KMM would refuse only later, are refused here with the next step. */}}
{{- define "mock-device.checks" -}}
{{- $module := .Values.kernelModule -}}
{{- if .Values.draDriver -}}
{{- fail "draDriver.*: this chart does not install the DRA driver yet, so these values would do nothing. Remove them; the driver's templates and values come with its first image." -}}
{{- end -}}
{{- if $module.dra.enabled -}}
{{- fail "kernelModule.dra.enabled: spec.dra of KMM's Module is in no release of KMM up to 2.6, and this chart has no DRA driver to run yet. Leave it false." -}}
{{- end -}}
{{- if and $module.image.tag (not (regexMatch "\\$\\{?KERNEL_(FULL_)?VERSION" $module.image.tag)) -}}
{{- fail (printf "kernelModule.image.tag=%s names one image for every kernel, but a module fits one kernel only. Since 0.2.0 each kernel has its own tag: remove the value, write %s${KERNEL_FULL_VERSION} when you rename tags, or map your kernel in kernelModule.extraKernelMappings." $module.image.tag "v<version>-") -}}
{{- end -}}
{{- if $module.enabled -}}
{{- $names := printf "%s%s" $module.name (include "mock-device.namespace" .) -}}
{{- if gt (len $names) 39 -}}
{{- fail (printf "kernelModule.name and the namespace have %d characters together; KMM makes label names of them and allows 39. Shorten kernelModule.name or namespace.name." (len $names)) -}}
{{- end -}}
{{- if and $module.build.enabled (not $module.build.repository) -}}
{{- fail "kernelModule.build.enabled needs kernelModule.build.repository: KMM pushes what it builds, so name a repository to which kernelModule.imageRepoSecret may push." -}}
{{- end -}}
{{- if $module.sign.enabled -}}
{{- range $field := list "repository" "keySecret" "certSecret" -}}
{{- if not (get $module.sign $field) -}}
{{- fail (printf "kernelModule.sign.enabled needs kernelModule.sign.%s: KMM pushes the signed image and reads key and certificate from Secrets of the namespace." $field) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
