// Package k8s is what a test of job.yaml needs of Kubernetes. It is built by scripts/engines/prove-k8s.sh alone, from the files that
// are left out here and with the modules of engine.mod, so that nothing of Kubernetes gets into the program's own go.mod.
package k8s
