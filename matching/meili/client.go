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

// Moment is when the server last changed the index.
func (ix *Index) Moment(ctx context.Context) (string, error) {
	raw, err := ix.server.GetRawIndexWithContext(ctx, ix.uid)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(raw["createdAt"], " ", raw["updatedAt"]), nil
}

// call sends what the SDK cannot, and reads the answer into out.
func (ix *Index) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, ix.host+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if ix.key != "" {
		req.Header.Set("Authorization", "Bearer "+ix.key)
	}
	resp, err := ix.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("meilisearch: %s %s: %s: %.300s", method, path, resp.Status, answer)
	}
	return json.Unmarshal(answer, out)
}
