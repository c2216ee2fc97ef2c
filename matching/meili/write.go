package meili

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	sdk "github.com/meilisearch/meilisearch-go"

	"homecoming/matching"
)

// Put sends the documents of candidates, takes out the others, and waits until both can be seen.
func (ix *Index) Put(ctx context.Context, docs []matching.Document) error {
	w := writer{known: tokens{}}
	gone := w.candidates(docs)
	tasks, err := ix.hand(ctx, ix.uid, w.lines, gone)
	if err != nil {
		return err
	}
	return ix.wait(ctx, tasks...)
}

// A ticket is the server's word that it has a task in its queue.
type ticket struct {
	TaskUID int64 `json:"taskUid"`
}

// hand gives documents over, as lines, and the ids of those that go, and names the server's tasks.
func (ix *Index) hand(ctx context.Context, uid string, lines []byte, gone []string) (tasks []int64, err error) {
	at, t := "/indexes/"+uid+"/documents", ticket{}
	if len(lines) > 0 {
		if err := ix.send(ctx, http.MethodPost, at+"?primaryKey=id", "application/x-ndjson", lines, &t); err != nil {
			return nil, err
		}
		tasks = append(tasks, t.TaskUID)
	}
	if len(gone) > 0 {
		if err := ix.call(ctx, http.MethodPost, at+"/delete-batch", gone, &t); err != nil {
			return nil, err
		}
		tasks = append(tasks, t.TaskUID)
	}
	return tasks, nil
}

// candidates writes the documents of candidates as lines, and names the others.
func (w *writer) candidates(docs []matching.Document) (gone []string) {
	for _, d := range docs {
		if !d.Candidate {
			gone = append(gone, d.Membership.String())
			continue
		}
		w.document(d)
		w.lines = append(w.lines, '\n')
	}
	return gone
}

// wait returns when the server has done these tasks, and with an error when one failed.
func (ix *Index) wait(ctx context.Context, tasks ...int64) error {
	for _, id := range tasks {
		for pause := 2 * time.Millisecond; ; pause = min(2*pause, 25*time.Millisecond) {
			var task struct {
				Status, Type string
				Error        struct{ Message string }
			}
			if err := ix.call(ctx, http.MethodGet, fmt.Sprint("/tasks/", id), nil, &task); err != nil {
				return err
			}
			if task.Status == "succeeded" {
				break
			}
			if task.Status != "enqueued" && task.Status != "processing" {
				return &failure{id, task.Type, task.Status, task.Error.Message}
			}
			if err := sleep(ctx, pause); err != nil {
				return err
			}
		}
	}
	return nil
}

// A failure is a task that the server had accepted.
type failure struct {
	task                  int64
	kind, status, message string
}

func (f *failure) Error() string {
	return fmt.Sprintf("meilisearch: task %d (%s) %s: %s", f.task, f.kind, f.status, f.message)
}

func sleep(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}

// create makes an empty index, unless it is there.
func (ix *Index) create(ctx context.Context, uid string) error {
	if _, err := ix.server.GetRawIndexWithContext(ctx, uid); !missing(err) {
		return err
	}
	info, err := ix.server.CreateIndexWithContext(ctx, &sdk.IndexConfig{Uid: uid, PrimaryKey: "id"})
	if err != nil {
		return err
	}
	return ix.wait(ctx, info.TaskUID)
}

// drop deletes an index, where it is there.
func (ix *Index) drop(ctx context.Context, uid string) error {
	if _, err := ix.server.GetRawIndexWithContext(ctx, uid); err != nil {
		if missing(err) {
			return nil
		}
		return err
	}
	info, err := ix.server.DeleteIndexWithContext(ctx, uid)
	if err != nil {
		return err
	}
	return ix.wait(ctx, info.TaskUID)
}

func missing(err error) bool {
	var e *sdk.Error
	return errors.As(err, &e) && e.StatusCode == http.StatusNotFound
}
