{{/* Values that would be ignored, or that KMM would refuse only later, are refused here with the next step. */}}
{{- define "mock-device.checks" -}}
{{- $module := .Values.kernelModule -}}
{{- include "mock-device.driverChecks" . -}}
{{- if and $module.image.tag (not (regexMatch "\\$\\{?KERNEL_(FULL_)?VERSION" $module.image.tag)) -}}
{{- fail (printf "kernelModule.image.tag=%s names one image for every kernel, but a module fits one kernel only. Since 0.2.0 each kernel has its own tag: remove the value, write %s${KERNEL_FULL_VERSION} when you rename tags, or map your kernel in kernelModule.extraKernelMappings." $module.image.tag "v<version>-") -}}
{{- end -}}
{{- if $module.enabled -}}
{{- $names := printf "%s%s" (include "mock-device.moduleName" .) (include "mock-device.namespace" .) -}}
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

{{- define "mock-device.driverChecks" -}}
{{- $driver := .Values.draDriver -}}
{{- $module := .Values.kernelModule -}}
{{- if ne (default "mock-accel.example.com" $driver.name) "mock-accel.example.com" -}}
{{- fail (printf "draDriver.name=%s: the driver's name stands in claims, classes and the driver itself, and is mock-accel.example.com. Remove the value." $driver.name) -}}
{{- end -}}
{{- $halves := list -}}
{{- range $half := list "controller" "nodeAgent" -}}
{{- $halves = append $halves (dig $half "enabled" true $driver) -}}
{{- end -}}
{{- if ne (first $halves) (last $halves) -}}
{{- fail "draDriver.controller.enabled and draDriver.nodeAgent.enabled: what were two DaemonSets is one pod now, which cannot run by half. Remove both values; draDriver.enabled says whether it runs." -}}
{{- end -}}
{{- range $half := list "controller" "nodeAgent" -}}
{{- $tag := dig $half "image" "tag" "" $driver -}}
{{- if regexMatch "^v?0\\.1\\." $tag -}}
{{- fail (printf "draDriver.%s.image.tag=%s: images of 0.1 hold another program with other flags. Remove the value; the tag follows from the chart's version." $half $tag) -}}
{{- end -}}
{{- end -}}
{{- $socket := trimSuffix "/" (dig "nodeAgent" "pluginSocket" "" $driver) -}}
{{- if and $socket (not (hasSuffix "/plugins/mock-accel.example.com" $socket)) -}}
{{- fail (printf "draDriver.nodeAgent.pluginSocket=%s: the sockets lie in <kubelet's root>/plugins/mock-accel.example.com. Remove the value and set draDriver.kubeletRoot." $socket) -}}
{{- end -}}
{{- if and (eq $driver.source "simulated") (not $driver.topology.devices) -}}
{{- fail "draDriver.source=simulated needs devices in draDriver.topology, for example {numa: [{id: 0}], devices: [{numa: 0, vfs: 2}]}." -}}
{{- end -}}
{{- if $module.dra.enabled -}}
{{- if not (and $module.enabled (include "mock-device.driverEnabled" .)) -}}
{{- fail "kernelModule.dra.enabled lets KMM run the DRA driver as a part of its Module, so it needs kernelModule.enabled and draDriver.enabled." -}}
{{- end -}}
{{- if or (ne (include "mock-device.kubeletRoot" .) "/var/lib/kubelet") (ne $driver.cdiRoot "/var/run/cdi") -}}
{{- fail "kernelModule.dra.enabled: KMM mounts /var/lib/kubelet and /var/run/cdi and nothing else. Leave draDriver.kubeletRoot and draDriver.cdiRoot as they are, or let the chart run the driver." -}}
{{- end -}}
{{- range $name, $class := include "mock-device.deviceClasses" . | fromJson -}}
{{- if $class.extendedResourceName -}}
{{- fail (printf "deviceClasses.%s.extendedResourceName: KMM owns the DeviceClasses with kernelModule.dra.enabled, and its Module has no such field." $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Values under names of the earlier chart, one a line. */}}
{{- define "mock-device.earlierValues" -}}
{{- range $half := list "controller" "nodeAgent" -}}
{{- range $key, $value := default (dict) (get $.Values.draDriver $half) -}}
{{- if ne $key "enabled" }}
  draDriver.{{ $half }}.{{ $key }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key := list "moduleName" "nodeSelector" -}}
{{- if hasKey $.Values.kernelModule $key }}
  kernelModule.{{ $key }}
{{- end -}}
{{- end -}}
{{- if kindIs "slice" .Values.deviceClasses }}
  deviceClasses as a list
{{- end -}}
{{- end -}}
