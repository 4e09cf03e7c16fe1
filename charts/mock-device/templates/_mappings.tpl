{{/* What a mapping says, for messages: (dict "mapping" $m). */}}
{{- define "mock-device.condition" -}}
{{- if hasKey .mapping "literal" -}}literal {{ .mapping.literal }}{{- else -}}regexp {{ .mapping.regexp }}{{- end -}}
{{- end -}}

{{/*
One value of kernelMappings, extraKernelMappings or kernelMappingOverrides as KMM wants it:
(dict "root" $ "mapping" $m "place" "kernelModule.kernelMappings[0]"). Renders nothing for a mapping that is
built in the cluster while kernelModule.build.enabled is false.
*/}}
{{- define "mock-device.mapping" -}}
{{- $root := .root -}}
{{- $values := $root.Values.kernelModule -}}
{{- $mapping := omit .mapping "tag" "digest" "dockerfile" -}}
{{- if and (hasKey $mapping "literal") (hasSuffix "+" $mapping.literal) -}}
{{- fail (printf "%s: no node ever has the literal %s: KMM drops one + at the end of a kernel's name. Write it without." .place $mapping.literal) -}}
{{- end -}}
{{- $built := hasKey .mapping "dockerfile" -}}
{{- $own := hasKey .mapping "containerImage" -}}
{{- $signed := and $values.sign.enabled (not (hasKey .mapping "sign")) (not $own) -}}
{{- if and .mapping.digest $signed -}}
{{- fail (printf "%s: an image that KMM signs gets a new digest; give the mapping a tag in place of the digest, or switch kernelModule.sign off." .place) -}}
{{- end -}}
{{- if .mapping.digest -}}
{{- $_ := set $mapping "containerImage" (printf "%s@%s" (include "mock-device.repository" (dict "root" $root "repository" $values.image.repository)) .mapping.digest) -}}
{{- else if not $own -}}
{{- $tag := default .mapping.tag $values.image.tag -}}
{{- $released := printf "%s:%s" (include "mock-device.repository" (dict "root" $root "repository" $values.image.repository)) $tag -}}
{{- $repository := ternary $values.build.repository (ternary $values.sign.repository "" $signed) $built -}}
{{- $_ := set $mapping "containerImage" (ternary (printf "%s:%s" $repository $tag) $released (ne $repository "")) -}}
{{- if $signed -}}
{{- $_ := set $mapping "sign" (dict "keySecret" (dict "name" $values.sign.keySecret) "certSecret" (dict "name" $values.sign.certSecret) "filesToSign" $values.sign.filesToSign) -}}
{{- if not $built -}}{{- $_ := set $mapping.sign "unsignedImage" $released -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $built (not $values.build.enabled) -}}
{{- if not (hasPrefix "kernelModule.kernelMappings" .place) -}}
{{- fail (printf "%s is built in the cluster, but kernelModule.build.enabled is false." .place) -}}
{{- end -}}
{{- else if $built -}}
{{- if not ($root.Files.Get (printf "files/dockerfiles/%s.Dockerfile" .mapping.dockerfile)) -}}
{{- fail (printf "%s: the chart has no Dockerfile %s. Name one of files/dockerfiles/, or give a build block of your own." .place .mapping.dockerfile) -}}
{{- end -}}
{{- $build := dict "dockerfileConfigMap" (dict "name" (include "mock-device.dockerfileConfigMap" (dict "root" $root "name" .mapping.dockerfile))) -}}
{{- range $field := list "buildArgs" "secrets" "selector" "baseImageRegistryTLS" "kanikoParams" -}}
{{- with get $values.build $field -}}{{- $_ := set $build $field . -}}{{- end -}}
{{- end -}}
{{- $_ := set $mapping "build" $build -}}
{{- end -}}
{{- if or (not $built) $values.build.enabled -}}{{- toYaml $mapping -}}{{- end -}}
{{- end -}}

{{/*
Fails when an earlier mapping takes every kernel of this one, as KMM would never come to it:
(dict "mapping" $m "place" "…" "earlier" (dict "literals" (dict LITERAL PLACE) "regexps" (dict REGEXP PLACE))).
Exact for literals; of two regexps only equal ones are found here.
*/}}
{{- define "mock-device.refuseShadowed" -}}
{{- $mapping := .mapping -}}
{{- $first := "" -}}
{{- if hasKey $mapping "regexp" -}}
{{- $_ := mustRegexMatch $mapping.regexp "" -}}
{{- with get .earlier.regexps $mapping.regexp -}}{{- $first = printf "%s (the same regexp)" . -}}{{- end -}}
{{- else -}}
{{- range $regexp, $place := .earlier.regexps -}}
{{- if mustRegexMatch $regexp $mapping.literal -}}{{- $first = printf "%s (regexp %s)" $place $regexp -}}{{- end -}}
{{- end -}}
{{- with get .earlier.literals $mapping.literal -}}{{- $first = printf "%s (the same literal)" . -}}{{- end -}}
{{- end -}}
{{- if $first -}}
{{- fail (printf "%s (%s) is never reached: KMM takes the first mapping that matches, and %s does. Remove it, or move it to kernelModule.kernelMappingOverrides, which come first." .place (include "mock-device.condition" (dict "mapping" $mapping)) $first) -}}
{{- end -}}
{{- end -}}

{{/* Notes a mapping in (dict "literals" … "regexps" …) for those that come later: (dict "mapping" $m "place" "…" "in" …). */}}
{{- define "mock-device.remember" -}}
{{- if hasKey .mapping "regexp" -}}
{{- $_ := set .in.regexps .mapping.regexp .place -}}
{{- else -}}
{{- $_ := set .in.literals .mapping.literal .place -}}
{{- end -}}
{{- end -}}

{{/* The Module's kernelMappings in the order in which KMM tries them. */}}
{{- define "mock-device.kernelMappings" -}}
{{- $root := . -}}
{{- $values := .Values.kernelModule -}}
{{- $result := list -}}
{{- $all := dict "literals" (dict) "regexps" (dict) -}}
{{- range $group := list "kernelMappingOverrides" "kernelMappings" "extraKernelMappings" -}}
{{- $mappings := default (list) (get $values $group) -}}
{{- $own := dict "literals" (dict) "regexps" (dict) -}}
{{- range $index, $mapping := $mappings -}}
{{- $place := printf "kernelModule.%s[%d]" $group $index -}}
{{- $rendered := include "mock-device.mapping" (dict "root" $root "mapping" $mapping "place" $place) -}}
{{- if $rendered -}}
{{- include "mock-device.refuseShadowed" (dict "mapping" $mapping "place" $place "earlier" (ternary $all $own (eq $group "extraKernelMappings"))) -}}
{{- include "mock-device.remember" (dict "mapping" $mapping "place" $place "in" $own) -}}
{{- include "mock-device.remember" (dict "mapping" $mapping "place" $place "in" $all) -}}
{{- $result = append $result (fromYaml $rendered) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not $result -}}
{{- fail "kernelModule.enabled is true, but no kernel is mapped, which KMM refuses: kernelModule.kernelMappings is empty and there are no extraKernelMappings." -}}
{{- end -}}
{{- toYaml $result -}}
{{- end -}}
