//go:build ignore

// Engine is enough of Kubernetes for a test of Indexed Jobs on one machine: the real kube-apiserver and the real Job controller, kubectl,
// and beside them a runner of pods, which starts the first container's command as a process of this machine.
//
//	engine api FLAGS…      the API server (it needs etcd)
//	engine jobs LOGS       the Job controller and the runner; LOGS is a folder for what the pods write
//	engine kubectl …
//
// See doc.go for how it is built.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/component-base/cli"
	"k8s.io/klog/v2"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/pkg/controller/job"
)

func main() {
	if len(os.Args) < 2 {
		klog.Fatal("engine api, jobs or kubectl")
	}
	verb := os.Args[1]
	os.Args = os.Args[1:]
	switch verb {
	case "api":
		os.Exit(cli.Run(app.NewAPIServerCommand()))
	case "kubectl":
		os.Exit(cli.Run(cmd.NewDefaultKubectlCommand()))
	case "jobs":
		if err := control(os.Args[1]); err != nil {
			klog.Fatal(err)
		}
	}
}

// control runs until it is told to end; then it ends the pods.
func control(logs string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 100, 200
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	all := informers.NewSharedInformerFactory(client, time.Minute)
	controller, err := job.NewController(ctx, all.Core().V1().Pods(), all.Batch().V1().Jobs(), client)
	if err != nil {
		return err
	}
	all.Start(ctx.Done())
	go controller.Run(ctx, 2)
	newRunner(client, logs).run(ctx)
	return nil
}
