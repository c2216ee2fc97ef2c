package mainjob

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"time"
)

// A Login is one account of the walk.
type Login struct {
	Email     string `json:"email"`
	Password  string `json:"password"`
	Role      string `json:"role"`
	CompanyID string `json:"company_id"`
	Token     string `json:"token"`
}

// A Refusal is a problem that the API answered with.
type Refusal struct {
	Status int
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Field  string `json:"field"`
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%d %s: %s %s", r.Status, r.Code, r.Detail, r.Field)
}

// A Client calls the API as one login and does not give up while the server comes back.
type Client struct {
	Base  func() string // where the server is now; it may move when it starts again
	Login Login
	HTTP  *http.Client
}

// NewClient makes a client with a cookie jar, so that it can also press the buttons of a hosted page.
func NewClient(base func() string, l Login) *Client {
	jar, _ := cookiejar.New(nil)
	return &Client{Base: base, Login: l, HTTP: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

const pause = 50 * time.Millisecond

// Do sends a request until it is answered, with one Idempotency-Key throughout, and decodes the answer into out.
// A 4xx is returned as a *Refusal, except where the server is still busy with the very same request.
func (c *Client) Do(ctx context.Context, method, path, key string, in, out any) error {
	var last error
	for ctx.Err() == nil {
		last = c.once(ctx, method, path, key, in, out)
		var refused *Refusal
		if last == nil || errors.As(last, &refused) && !refused.passing() {
			return last
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return fmt.Errorf("%s %s as %s: %w (last: %w)", method, path, c.Login.Role, ctx.Err(), last)
}

// passing reports whether it is worth asking again.
func (r *Refusal) passing() bool {
	return r.Status >= 500 || r.Status == http.StatusTooManyRequests || r.Code == "idempotency_in_progress"
}

func (c *Client) once(ctx context.Context, method, path, key string, in, out any) error {
	var body io.Reader
	contentType := "application/json"
	switch in := in.(type) {
	case nil:
	case CSV:
		body, contentType = bytes.NewReader(in), "text/csv"
	default:
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Base()+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.Login.Token)
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 400 {
		r := &Refusal{Status: res.StatusCode}
		if json.Unmarshal(answer, r) != nil || r.Code == "" {
			r.Detail = strings.TrimSpace(string(answer))
		}
		r.Status = res.StatusCode
		return r
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// CSV is a body that goes as text/csv.
type CSV []byte
