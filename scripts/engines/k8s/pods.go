//go:build ignore

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
)

// runner is scheduler and kubelet in one. It knows commands, arguments, variables, exit codes, and SIGTERM with SIGKILL after the grace;
// no images, volumes, probes or networks. A volume is a path of this machine.
type runner struct {
	client kubernetes.Interface
	logs   string
	pods   map[types.UID]*process
	ends   chan *process
}

// process is a pod that was started.
type process struct {
	pod      *core.Pod
	cmd      *exec.Cmd
	started  meta.Time
	ended    bool
	told     bool      // SIGTERM was sent
	deadline time.Time // of SIGKILL
}

func newRunner(client kubernetes.Interface, logs string) *runner {
	return &runner{client: client, logs: logs, pods: map[types.UID]*process{}, ends: make(chan *process)}
}

// run looks at the pods of the default namespace five times a second.
func (r *runner) run(ctx context.Context) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case p := <-r.ends:
			p.ended = true
			r.report(p)
		case <-tick.C:
			r.look(ctx)
		case <-ctx.Done():
			for _, p := range r.pods {
				if !p.ended {
					_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
				}
			}
			return
		}
	}
}

func (r *runner) look(ctx context.Context) {
	list, err := r.client.CoreV1().Pods("default").List(ctx, meta.ListOptions{})
	if err != nil {
		klog.Error(err)
		return
	}
	for i := range list.Items {
		pod := &list.Items[i]
		p := r.pods[pod.UID]
		switch {
		case pod.DeletionTimestamp != nil && (p == nil || p.ended):
			now := int64(0)
			_ = r.client.CoreV1().Pods("default").Delete(ctx, pod.Name, meta.DeleteOptions{GracePeriodSeconds: &now})
		case pod.DeletionTimestamp != nil:
			p.end(pod)
		case p == nil && pod.Spec.NodeName == "":
			r.start(ctx, pod)
		}
	}
}

// end sends SIGTERM, and SIGKILL when the grace is over.
func (p *process) end(pod *core.Pod) {
	if !p.told {
		p.told = true
		p.deadline = time.Now().Add(time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second)
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	}
	if time.Now().After(p.deadline) {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
}

func (r *runner) start(ctx context.Context, pod *core.Pod) {
	bind := &core.Binding{ObjectMeta: meta.ObjectMeta{Name: pod.Name}, Target: core.ObjectReference{Kind: "Node", Name: "here"}}
	if err := r.client.CoreV1().Pods("default").Bind(ctx, bind, meta.CreateOptions{}); err != nil {
		klog.Error(err)
		return
	}
	c := pod.Spec.Containers[0]
	env := variables(pod, c)
	var argv []string
	for _, word := range append(append([]string{}, c.Command...), c.Args...) {
		argv = append(argv, expand(word, env))
	}
	p := &process{pod: pod, cmd: exec.Command(argv[0], argv[1:]...), started: meta.Now()}
	for name, value := range env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	if out, err := os.Create(filepath.Join(r.logs, pod.Name+".log")); err == nil {
		defer out.Close()
		p.cmd.Stdout, p.cmd.Stderr = out, out
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.pods[pod.UID] = p
	if err := p.cmd.Start(); err != nil {
		klog.Error(err)
		p.ended = true
		r.report(p)
		return
	}
	r.status(p, core.PodRunning, core.ContainerState{Running: &core.ContainerStateRunning{StartedAt: p.started}})
	go func() {
		_ = p.cmd.Wait()
		r.ends <- p
	}()
}

// report tells how the process ended, as a shell counts: 128 and the signal.
func (r *runner) report(p *process) {
	code, phase := int32(127), core.PodFailed
	if s := p.cmd.ProcessState; s != nil {
		code = int32(s.ExitCode())
		if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			code = 128 + int32(ws.Signal())
		}
	}
	if code == 0 {
		phase = core.PodSucceeded
	}
	klog.Infof("%s: exit %d", p.pod.Name, code)
	r.status(p, phase, core.ContainerState{Terminated: &core.ContainerStateTerminated{ExitCode: code, StartedAt: p.started, FinishedAt: meta.Now()}})
}

func (r *runner) status(p *process, phase core.PodPhase, state core.ContainerState) {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	err := errors.New("not tried")
	for try := 0; err != nil && try < 5; try++ {
		var pod *core.Pod
		if pod, err = r.client.CoreV1().Pods("default").Get(ctx, p.pod.Name, meta.GetOptions{}); err != nil {
			continue
		}
		pod.Status.Phase = phase
		pod.Status.StartTime = &p.started
		pod.Status.ContainerStatuses = []core.ContainerStatus{{Name: pod.Spec.Containers[0].Name, Image: pod.Spec.Containers[0].Image, State: state}}
		_, err = r.client.CoreV1().Pods("default").UpdateStatus(ctx, pod, meta.UpdateOptions{})
	}
	if err != nil {
		klog.Error(err)
	}
}

// variables are those of the container; a fieldRef names an annotation or a label, as the index of an Indexed Job.
func variables(pod *core.Pod, c core.Container) map[string]string {
	env := map[string]string{"PATH": os.Getenv("PATH"), "HOSTNAME": pod.Name}
	for _, e := range c.Env {
		env[e.Name] = expand(e.Value, env)
		if e.ValueFrom == nil || e.ValueFrom.FieldRef == nil {
			continue
		}
		path := e.ValueFrom.FieldRef.FieldPath
		_, key, _ := strings.Cut(strings.TrimSuffix(path, "']"), "['")
		switch {
		case strings.HasPrefix(path, "metadata.annotations["):
			env[e.Name] = pod.Annotations[key]
		case strings.HasPrefix(path, "metadata.labels["):
			env[e.Name] = pod.Labels[key]
		}
	}
	return env
}

// expand puts in $(NAME).
func expand(s string, env map[string]string) string {
	return regexp.MustCompile(`\$\(\w+\)`).ReplaceAllStringFunc(s, func(name string) string {
		if value, ok := env[name[2:len(name)-1]]; ok {
			return value
		}
		return name
	})
}
