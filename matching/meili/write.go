package meili

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	sdk "github.com/meilisearch/meilisearch-go"

	"homecoming/matching"
)

// Put sends the documents of candidates, takes out the others, and waits until both can be seen.
func (ix *Index) Put(ctx context.Context, docs []matching.Document) error {
	tasks, err := ix.send(ctx, ix.uid, docs)
	if err != nil {
		return err
	}
	return ix.wait(ctx, tasks...)
}

// send hands the documents over and names the server's tasks.
func (ix *Index) send(ctx context.Context, uid string, docs []matching.Document) (tasks []int64, err error) {
	var lines bytes.Buffer
	var gone []string
	lineOf := json.NewEncoder(&lines)
	for _, d := range docs {
		if !d.Candidate {
			gone = append(gone, d.Membership.String())
		} else if err := lineOf.Encode(newDocument(d)); err != nil {
			return nil, err
		}
	}
	index, key := ix.server.Index(uid), "id"
	if lines.Len() > 0 {
		info, err := index.AddDocumentsNdjsonWithContext(ctx, lines.Bytes(), &sdk.DocumentOptions{PrimaryKey: &key})
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, info.TaskUID)
	}
	if len(gone) > 0 {
		info, err := index.DeleteDocumentsWithContext(ctx, gone, nil)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, info.TaskUID)
	}
	return tasks, nil
}

// wait returns when the server has done these tasks, and with an error when one failed.
func (ix *Index) wait(ctx context.Context, tasks ...int64) error {
	for _, id := range tasks {
		for pause := 2 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
			task, err := ix.server.GetTaskWithContext(ctx, id)
			if err != nil {
				return err
			}
			if task.Status == sdk.TaskStatusSucceeded {
				break
			}
			if task.Status == sdk.TaskStatusFailed || task.Status == sdk.TaskStatusCanceled {
				return fmt.Errorf("meilisearch: task %d (%s) %s: %s", id, task.Type, task.Status, task.Error.Message)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pause):
			}
		}
	}
	return nil
}

// Replace fills a second index beside the one in use and swaps the two, so that rankings see the whole of the one or the
// whole of the other.
func (ix *Index) Replace(ctx context.Context, feed func(put func([]matching.Document) error) error) error {
	next := ix.uid + "_next"
	if err := ix.drop(ctx, next); err != nil {
		return err
	}
	if err := ix.create(ctx, next); err != nil {
		return err
	}
	if err := ix.apply(ctx, next); err != nil {
		return err
	}
	var tasks []int64
	err := feed(func(docs []matching.Document) error {
		more, err := ix.send(ctx, next, docs)
		tasks = append(tasks, more...)
		return err
	})
	if err != nil {
		return err
	}
	if err := ix.wait(ctx, tasks...); err != nil {
		return err
	}
	if err := ix.create(ctx, ix.uid); err != nil { // a swap wants two
		return err
	}
	info, err := ix.server.SwapIndexesWithContext(ctx, []*sdk.SwapIndexesParams{{Indexes: []string{ix.uid, next}}})
	if err != nil {
		return err
	}
	if err := ix.wait(ctx, info.TaskUID); err != nil {
		return err
	}
	return ix.drop(ctx, next)
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
