package doctor

import (
	"context"
	"sync"
	"time"
)

// tools starts each server of tools, side by side, and ends it again. Nothing is called.
func tools(ctx context.Context, e Env) []Finding {
	if len(e.Tools) == 0 {
		return []Finding{found(OK, "config.yaml has no server of tools")}
	}
	all := make([]Finding, len(e.Tools))
	var wg sync.WaitGroup
	for i, t := range e.Tools {
		wg.Go(func() {
			start := e.Now()
			n, err := t.Try(ctx)
			if err != nil {
				all[i] = found(Problem, "%s: %v", t.Name, err)
				return
			}
			all[i] = found(OK, "%s: %d tools, after %v", t.Name, n, e.Now().Sub(start).Round(time.Millisecond))
		})
	}
	wg.Wait()
	return all
}
