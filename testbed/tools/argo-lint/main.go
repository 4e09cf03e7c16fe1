// `argo lint --offline --strict FILE...` by the project's own packages. The whole command carries a web interface whose
// built files the module does not have, so it cannot be built from the module alone.
package main

import (
	"fmt"
	"os"

	"github.com/argoproj/argo-workflows/v3/cmd/argo/lint"
	"github.com/argoproj/argo-workflows/v3/pkg/apiclient"
	"github.com/argoproj/argo-workflows/v3/pkg/apis/workflow"
)

func main() {
	if err := judge(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(files []string) error {
	ctx, client, err := apiclient.NewClientFromOpts(apiclient.Opts{Offline: true, OfflineFiles: files})
	if err != nil {
		return err
	}
	kinds := []string{
		workflow.WorkflowPlural,
		workflow.WorkflowTemplatePlural,
		workflow.CronWorkflowPlural,
		workflow.ClusterWorkflowTemplatePlural,
	}
	options := lint.LintOptions{Files: files, Strict: true, DefaultNamespace: "default", Printer: os.Stdout}
	return lint.RunLint(ctx, client, kinds, "simple", true, options)
}
