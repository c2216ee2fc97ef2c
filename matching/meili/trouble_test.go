package meili_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
)

// faults are ways in which a server fails those who ask it.
var faults = map[string]func(w http.ResponseWriter, r *http.Request, body []byte) bool{
	"refuses": func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return true
	},
	"breaks": func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		http.Error(w, `{"message": "internal", "code": "internal"}`, http.StatusInternalServerError)
		return true
	},
	"is slow": func(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
		<-r.Context().Done()
		return true
	},
	"hangs up": func(http.ResponseWriter, *http.Request, []byte) bool { panic(http.ErrAbortHandler) },
	"hangs up in mid-answer": func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		w.Header().Set("Content-Length", "1000000")
		_, _ = io.WriteString(w, `{"results": [{"hits": [`+fake(1))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	},
	"talks HTML": func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		_, _ = io.WriteString(w, "<html><title>Welcome</title>")
		return true
	},
	"refuses searches alone": search(func(w http.ResponseWriter) { http.Error(w, "<h1>502</h1>", http.StatusBadGateway) }),
	"answers nothing":        search(func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"results": []}`) }),
	"answers null":           search(func(w http.ResponseWriter) { _, _ = io.WriteString(w, `null`) }),
	"gives unsorted hits": search(func(w http.ResponseWriter) {
		hits := `{"hits": [` + fake(1) + `, ` + fake(2) + `]}`
		_, _ = io.WriteString(w, `{"results": [`+hits+`, `+hits+`, `+hits+`, `+hits+`]}`)
	}),
	"gives hits that are none": search(func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"results": [{"hits": [{"id": 7}]}]}`) }),
}

// search is a fault of searches; what else is asked goes through.
func search(answer func(w http.ResponseWriter)) func(http.ResponseWriter, *http.Request, []byte) bool {
	return func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		if !strings.HasSuffix(r.URL.Path, "/multi-search") {
			return false
		}
		answer(w)
		return true
	}
}

func fake(p int) string {
	return fmt.Sprintf(`{"id": "%s", "person": "%s", "p": %d}`, uuid.New(), uuid.New(), p)
}

// Whatever is wrong with the server, the list is the same, says so, and comes from the server again as soon as it can.
func trouble(t *testing.T, s server) {
	w := newTown(t, s, 60)
	for name, fault := range faults {
		if name == "is slow" {
			w.s.Budget = 30 * time.Millisecond
		}
		w.proxy.set(fault)
		w.want("a server that "+name, "postgres", true)
		w.proxy.set(nil)
		w.s.Budget = time.Minute
		w.want("after a server that "+name, "meilisearch", false)
	}
	w.proxy.lead(t, server{url: "http://127.0.0.1:1"})
	w.want("a server that is down", "postgres", true)
	w.change(rand.New(rand.NewPCG(8, 8)))
	if _, err := w.s.Drain(t.Context()); err == nil {
		t.Error("draining into a server that is down succeeds")
	}
	w.want("a server that is down and behind", "postgres", true)
	w.proxy.lead(t, s)
	w.want("back, and behind", "meilisearch", false)
	w.drain()
	w.want("back", "meilisearch", false)
	w.sound("after the trouble")
}

// While a server fails, one ranking at a time finds out whether it has come back. The others do not wait for it.
func oneAtATimeTriesAgain(t *testing.T, s server) {
	w := newTown(t, s, 20)
	var now, most atomic.Int32
	entered, leave := make(chan struct{}, 100), make(chan struct{})
	w.proxy.set(faults["refuses"])
	w.want("a server that refuses", "postgres", true)
	w.proxy.set(func(rw http.ResponseWriter, r *http.Request, body []byte) bool {
		if r.Method != http.MethodPost { // a ranking looks at the index while it searches
			return false
		}
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		entered <- struct{}{}
		<-leave
		return faults["refuses"](rw, r, body)
	})
	var herd sync.WaitGroup
	herd.Go(func() { w.list(w.question(1)) })
	<-entered // it tries, and waits
	for range 20 {
		if l := w.list(w.question(1)); l.Index != "postgres" || !l.Degraded {
			t.Errorf("answered by %s", l.Index)
		}
	}
	close(leave)
	herd.Wait()
	if most.Load() != 1 || len(entered) != 0 {
		t.Errorf("%d asked the server at once, %d after the first", most.Load(), len(entered))
	}
	w.proxy.set(nil)
	w.want("back", "meilisearch", false)
}

// An older copy of the server's data is put in place of the one that we filled.
func TestARestoredCopyIsNoticedAndBuiltAnew(t *testing.T) {
	dir, copied := t.TempDir()+"/data", t.TempDir()+"/copy"
	s, stop := launch(t, dir)
	w := newTown(t, s, 50)
	stop()
	must(t, os.CopyFS(copied, os.DirFS(dir)))
	s, stop = launch(t, dir)
	w.proxy.lead(t, s)
	rnd := rand.New(rand.NewPCG(11, 11))
	for range 40 {
		w.change(rnd)
	}
	w.drain()
	w.want("before", "meilisearch", false)
	stop()
	s, _ = launch(t, copied)
	w.proxy.lead(t, s)
	w.want("an older copy", "postgres", true)
	w.change(rnd)
	if _, err := w.s.Drain(t.Context()); err == nil {
		t.Error("an older copy is written to as if nothing were")
	}
	w.want("an older copy", "postgres", true)
	must(t, w.s.Prepare(t.Context()))
	w.drain()
	w.want("after it was built anew", "meilisearch", false)
	w.sound("after it was built anew")
}

// A rebuild outlives a restart of the server.
func TestARebuildOutlivesARestart(t *testing.T) {
	dir := t.TempDir() + "/data"
	s, stop := launch(t, dir)
	w := newTown(t, s, 50)
	var once sync.Once
	w.proxy.set(func(_ http.ResponseWriter, r *http.Request, body []byte) bool {
		if strings.HasSuffix(r.URL.Path, "_next/documents") && bytes.Contains(body, []byte("\n")) {
			once.Do(func() {
				stop()
				s, _ := launch(t, dir)
				w.proxy.lead(t, s)
				panic(http.ErrAbortHandler)
			})
		}
		return false
	})
	must(t, w.s.Reindex(context.Background(), nil))
	w.proxy.set(nil)
	w.want("after the restart", "meilisearch", false)
	w.sound("after the restart")
}
