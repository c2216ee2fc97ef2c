package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/matching"
	"homecoming/matching/meili"
	"homecoming/matching/postgres"
)

// Reindex measures a rebuild of the Meilisearch index from the facts in PostgreSQL beside an upload of the very same
// documents, read from files, in batches of 50,000 lines and with the same settings.
type Reindex struct {
	Members int
	Rounds  int
	Seed    uint64
	Server  Meilisearch
}

// A Reindexed is what came of it. Rates are documents per second, the median of the rounds.
type Reindexed struct {
	Members   int       `json:"members"`
	Documents int       `json:"documents"`
	Seed      uint64    `json:"seed"`
	Yardstick string    `json:"yardstick"`
	Raw       float64   `json:"raw_documents_per_second"`
	Ours      float64   `json:"documents_per_second"`
	Ratio     float64   `json:"ratio"`                   // ours to raw; 0.9 and more is the target
	RawTook   []float64 `json:"raw_seconds"`             // by round
	OursTook  []float64 `json:"ours_seconds"`            // from the first word to the swapped index in use
	RawCPU    []float64 `json:"raw_server_cpu_seconds"`  // the server's processor time; 0 where it is not ours
	OursCPU   []float64 `json:"ours_server_cpu_seconds"` // it says what the clock cannot on a busy machine
	Drift     int       `json:"drift"`                   // documents of ours that are not as they should be
}

const rawBatch = 50_000

// Run takes turns: a rebuild, an upload, and again.
func (r Reindex) Run(ctx context.Context, progress io.Writer) (*Reindexed, error) {
	pg, err := startPostgres(ctx, careless)
	if err != nil {
		return nil, err
	}
	defer pg.stop()
	d, err := pg.database(ctx)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	server, stop, err := r.Server.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	fmt.Fprintf(progress, "filling in %d members\n", r.Members)
	if _, err := fillFacts(ctx, d, r.Members, r.Seed); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "homecoming-bench-reindex-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	m := &reindexing{Reindex: r, d: d, server: server, dir: dir, uid: "bench_reindex", client: &http.Client{Transport: &http.Transport{DisableCompression: true}},
		result: &Reindexed{Members: r.Members, Seed: r.Seed, Yardstick: "the same documents uploaded as NDJSON from files, 50,000 lines at a time, into an index with the same settings"}}
	defer m.clear(context.WithoutCancel(ctx))
	return m.result, m.run(ctx, progress)
}

type reindexing struct {
	Reindex
	d      *db.DB
	server Meilisearch
	dir    string
	uid    string
	client *http.Client
	files  []string
	result *Reindexed
}

func (m *reindexing) run(ctx context.Context, progress io.Writer) error {
	s := matching.New(m.d, clock.System, postgres.New(m.d), meili.New(m.server.URL, m.server.Key, m.uid))
	if err := m.builtAlready(ctx, "postgres"); err != nil {
		return err
	}
	for round := range max(m.Rounds, 1) {
		start := spent(m.server.pid)
		took, err := m.ours(ctx, s)
		m.result.OursCPU = append(m.result.OursCPU, (spent(m.server.pid)-start)/1000)
		if err != nil {
			return err
		}
		if round == 0 {
			if err := m.keepDocuments(ctx); err != nil {
				return err
			}
		}
		start = spent(m.server.pid)
		raw, err := m.raw(ctx)
		m.result.RawCPU = append(m.result.RawCPU, (spent(m.server.pid)-start)/1000)
		if err != nil {
			return err
		}
		m.result.OursTook, m.result.RawTook = append(m.result.OursTook, took.Seconds()), append(m.result.RawTook, raw.Seconds())
		fmt.Fprintf(progress, "round %d: rebuilt in %.2f s, uploaded in %.2f s\n", round+1, took.Seconds(), raw.Seconds())
	}
	r := m.result
	r.Ours, r.Raw = float64(r.Documents)/median(r.OursTook), float64(r.Documents)/median(r.RawTook)
	r.Ratio = r.Ours / r.Raw
	return m.compare(ctx, s)
}

// builtAlready keeps PostgreSQL's own index out of the measurement.
func (m *reindexing) builtAlready(ctx context.Context, name string) error {
	return m.d.Gorm(ctx).Exec("INSERT INTO match_indexes (name) VALUES (?)", name).Error
}

func (m *reindexing) ours(ctx context.Context, s *matching.Service) (time.Duration, error) {
	if err := m.d.Gorm(ctx).Exec("DELETE FROM match_indexes WHERE name = 'meilisearch'").Error; err != nil {
		return 0, err
	}
	began := time.Now()
	err := s.Prepare(ctx)
	return time.Since(began), err
}

// keepDocuments writes what the rebuild made into files, as the upload will send it.
func (m *reindexing) keepDocuments(ctx context.Context) error {
	const page = 10_000
	var lines bytes.Buffer
	inFile := 0
	for offset := 0; ; offset += page {
		var found struct{ Results []json.RawMessage }
		err := m.ask(ctx, http.MethodPost, "/indexes/"+m.uid+"/documents/fetch", "application/json", fmt.Appendf(nil, `{"offset": %d, "limit": %d}`, offset, page), &found)
		if err != nil {
			return err
		}
		for _, body := range found.Results {
			if err := json.Compact(&lines, body); err != nil {
				return err
			}
			lines.WriteByte('\n')
		}
		inFile, m.result.Documents = inFile+len(found.Results), m.result.Documents+len(found.Results)
		last := len(found.Results) < page
		if inFile > 0 && (last || inFile >= rawBatch) {
			file := filepath.Join(m.dir, fmt.Sprint(len(m.files)))
			if err := os.WriteFile(file, lines.Bytes(), 0o600); err != nil {
				return err
			}
			m.files, inFile = append(m.files, file), 0
			lines.Reset()
		}
		if last {
			return nil
		}
	}
}

// raw uploads the files into a fresh index and waits until everything can be found.
func (m *reindexing) raw(ctx context.Context) (time.Duration, error) {
	var settings json.RawMessage
	if err := m.ask(ctx, http.MethodGet, "/indexes/"+m.uid+"/settings", "", nil, &settings); err != nil {
		return 0, err
	}
	at := "/indexes/" + m.uid + "_raw"
	began := time.Now()
	if err := m.do(ctx, http.MethodPatch, at+"/settings", settings); err != nil {
		return 0, err
	}
	var tasks []int64
	for _, file := range m.files {
		body, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		var t struct{ TaskUID int64 }
		if err := m.ask(ctx, http.MethodPost, at+"/documents?primaryKey=id", "application/x-ndjson", body, &t); err != nil {
			return 0, err
		}
		tasks = append(tasks, t.TaskUID)
	}
	for _, t := range tasks {
		if err := m.wait(ctx, t); err != nil {
			return 0, err
		}
	}
	took := time.Since(began)
	return took, m.do(ctx, http.MethodDelete, at, nil)
}

func (m *reindexing) compare(ctx context.Context, s *matching.Service) error {
	all, err := s.Examine(ctx, false, nil)
	if err != nil {
		return err
	}
	e := all[len(all)-1]
	m.result.Drift = e.Drift[matching.Missing] + e.Drift[matching.Changed] + e.Drift[matching.Extra]
	return e.Err
}

func (m *reindexing) clear(ctx context.Context) {
	_ = m.do(ctx, http.MethodDelete, "/indexes/"+m.uid, nil)
}

// do has the server change something and waits until it has.
func (m *reindexing) do(ctx context.Context, method, path string, body []byte) error {
	var t struct{ TaskUID int64 }
	if err := m.ask(ctx, method, path, "application/json", body, &t); err != nil {
		return err
	}
	return m.wait(ctx, t.TaskUID)
}

func (m *reindexing) wait(ctx context.Context, task int64) error {
	for {
		var t struct {
			Status string
			Error  any
		}
		if err := m.ask(ctx, http.MethodGet, fmt.Sprint("/tasks/", task), "", nil, &t); err != nil {
			return err
		}
		switch t.Status {
		case "succeeded":
			return nil
		case "failed", "canceled":
			return fmt.Errorf("task %d %s: %v", task, t.Status, t.Error)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond): // the server tells nobody when it is done
		}
	}
}

func (m *reindexing) ask(ctx context.Context, method, path, kind string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, m.server.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	if m.server.Key != "" {
		req.Header.Set("Authorization", "Bearer "+m.server.Key)
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %.300s", method, path, resp.Status, answer)
	}
	return errors.Join(err, json.Unmarshal(answer, out))
}
