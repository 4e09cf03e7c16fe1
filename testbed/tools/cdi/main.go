// Judges CDI specifications by the project's own library, as container runtimes read them:
//
//	cdi-check FOLDER [DEVICE...]
//
// Every file of the folder has to be sound. With devices, writes what a container that has them gets, as the JSON of
// an OCI runtime specification.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	oci "github.com/opencontainers/runtime-spec/specs-go"
	"tags.cncf.io/container-device-interface/pkg/cdi"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: cdi-check FOLDER [DEVICE...]")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(folder string, devices []string) error {
	cache, err := cdi.NewCache(cdi.WithSpecDirs(folder), cdi.WithAutoRefresh(false))
	if err != nil {
		return err
	}
	if err := errors.Join(problems(cache)...); err != nil {
		return err
	}
	// The library passes over what it cannot name: a file that gave no specification is no sound one.
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return err
	}
	read := 0
	for _, vendor := range cache.ListVendors() {
		read += len(cache.GetVendorSpecs(vendor))
	}
	if read != len(files) {
		return fmt.Errorf("%d files, %d of them specifications", len(files), read)
	}
	if len(devices) == 0 {
		return nil
	}
	container := &oci.Spec{Process: &oci.Process{}}
	if _, err := cache.InjectDevices(container, devices...); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(container)
}

func problems(cache *cdi.Cache) []error {
	all := []error{}
	for path, some := range cache.GetErrors() {
		for _, err := range some {
			all = append(all, fmt.Errorf("%s: %w", path, err))
		}
	}
	slices.SortFunc(all, func(a, b error) int {
		if a.Error() < b.Error() {
			return -1
		}
		return 1
	})
	return all
}
