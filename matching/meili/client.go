package meili

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	sdk "github.com/meilisearch/meilisearch-go"
)

// An Index keeps members on a Meilisearch server.
type Index struct {
	host, key, uid string
	http           *http.Client
	server         sdk.ServiceManager
}

// New is the index named uid on the server at host. Nothing is sent yet.
func New(host, key, uid string) *Index {
	client := &http.Client{
		Timeout: 2 * time.Minute, // for a batch of documents; searches carry a deadline of their own
		Transport: &http.Transport{
			DisableCompression:  true, // else each search waits 40 ms for a delayed ACK
			DialContext:         (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
			MaxIdleConns:        64,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     90 * time.Second,
		},
	}
	host = strings.TrimRight(host, "/")
	return &Index{host, key, uid, client, sdk.New(host, sdk.WithAPIKey(key), sdk.WithCustomClient(client), sdk.DisableRetries())}
}

// Name is "meilisearch".
func (*Index) Name() string { return "meilisearch" }

// Ranks is false: lists come in the order of p.
func (*Index) Ranks() bool { return false }

// Moment is when the server created the index and when it last changed it, written so that of one index the later moment
// is the greater text. An index that is not there has none.
func (ix *Index) Moment(ctx context.Context) (string, error) { return ix.momentOf(ctx, ix.uid) }

func (ix *Index) momentOf(ctx context.Context, uid string) (string, error) {
	raw, err := ix.server.GetRawIndexWithContext(ctx, uid)
	if missing(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	created, err := instant(raw["createdAt"])
	if err != nil {
		return "", err
	}
	updated, err := instant(raw["updatedAt"])
	return created + " " + updated, err
}

// instant writes a time with all its digits.
func instant(v any) (string, error) {
	text, _ := v.(string)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return "", fmt.Errorf("meilisearch: %q is no time", text)
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000000Z"), nil
}

// A refusal is an answer that says no.
type refusal struct {
	asked  string
	status int
	answer []byte
}

func (r *refusal) Error() string {
	return fmt.Sprintf("meilisearch: %s: %d: %.300s", r.asked, r.status, r.answer)
}

// call sends what the SDK cannot, and reads the answer into out.
func (ix *Index) call(ctx context.Context, method, path string, in, out any) error {
	if in == nil {
		return ix.send(ctx, method, path, "application/json", nil, out)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return ix.send(ctx, method, path, "application/json", body, out)
}

func (ix *Index) send(ctx context.Context, method, path, kind string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, ix.host+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	if ix.key != "" {
		req.Header.Set("Authorization", "Bearer "+ix.key)
	}
	resp, err := ix.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return &refusal{method + " " + path, resp.StatusCode, answer}
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("meilisearch: %s %s: %w", method, path, err)
	}
	return nil
}
