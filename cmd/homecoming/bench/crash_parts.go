package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"homecoming/cmd/homecoming/crash"
	"homecoming/internal/db"
)

const (
	victimKey     = "sk_test_victim"
	victimWebhook = "whsec_victim"
	victimConnect = "whsec_victim_connect"
)

// A victim is a server that is started again whenever it dies, between PostgreSQL and Stripe, both behind proxies.
type victim struct {
	program  string
	dir      string
	postgres *pgServer
	db       *db.DB // not through the proxy
	stripe   *standIn
	veil     *crash.Veil
	plug     *crash.Plug
	proxies  []func()
	addr     string
	env      []string

	mu      sync.Mutex
	server  *process
	stopped bool
	done    chan struct{}
}

func newVictim(ctx context.Context, o CrashOptions) (v *victim, err error) {
	v = &victim{program: o.Program, plug: &crash.Plug{}, veil: &crash.Veil{}, done: make(chan struct{})}
	v.veil.LookUps.Store(o.WithoutLookup)
	defer func() {
		if err != nil {
			close(v.done)
			v.stop()
		}
	}()
	if v.postgres, err = startPostgres(ctx, careless); err != nil {
		return v, err
	}
	v.dir = v.postgres.dir
	if v.db, err = v.postgres.database(ctx); err != nil {
		return v, err
	}
	if v.addr, err = freeAddress(ctx); err != nil {
		return v, err
	}
	if v.stripe, err = startStandIn(ctx, o.Program, v.dir, "http://"+v.addr); err != nil {
		return v, err
	}
	if err = v.standBetween(); err != nil {
		return v, err
	}
	go v.live()
	return v, v.up(ctx)
}

// standBetween puts the proxies between the program and its neighbours.
func (v *victim) standBetween() error {
	to, err := url.Parse(v.stripe.url)
	if err != nil {
		return err
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // its pages link to where they were reached
	}}
	proxy := crash.Stripe(forward, v.plug, v.veil)
	v.proxies = append(v.proxies, proxy.Close)
	sockets, err := os.MkdirTemp("", "hc-")
	if err != nil {
		return err
	}
	v.proxies = append(v.proxies, func() { _ = os.RemoveAll(sockets) })
	real := v.db.Pool().Config().ConnConfig
	sql, err := crash.NewPostgres(sockets, real.Host, v.plug)
	if err != nil {
		return err
	}
	v.proxies = append(v.proxies, func() { _ = sql.Close() })
	v.env = []string{"DATABASE_URL=" + fmt.Sprintf("host=%s user=%s dbname=%s sslmode=disable", sockets, real.User, real.Database),
		"HOMECOMING_ADDR=" + v.addr, "HOMECOMING_DRAIN=0s", "HOMECOMING_LOG_LEVEL=warn", "STRIPE_TIMEOUT=1s", "STRIPE_API_BASE=" + proxy.URL,
		"STRIPE_SECRET_KEY=" + victimKey, "STRIPE_WEBHOOK_SECRET=" + victimWebhook, "STRIPE_CONNECT_WEBHOOK_SECRET=" + victimConnect}
	return nil
}

func (v *victim) log() string { return filepath.Join(v.dir, "serve.log") }

// lastWords is what the server said at last, for whoever looks for the reason.
func (v *victim) lastWords() error {
	body, err := os.ReadFile(v.log())
	if err != nil {
		return err
	}
	return fmt.Errorf("the server's last words:\n%s", body[max(0, len(body)-3000):])
}

// live starts the server again and again until it is stopped.
func (v *victim) live() {
	defer close(v.done)
	for {
		v.mu.Lock()
		if v.stopped {
			v.mu.Unlock()
			return
		}
		p, err := startProcess(v.program, v.log(), v.env, "serve")
		if err == nil {
			v.server = p
		}
		v.mu.Unlock()
		if err == nil {
			<-p.ended
		}
		time.Sleep(10 * time.Millisecond) // not a busy loop where it cannot start at all
	}
}

// up returns when the server is ready.
func (v *victim) up(ctx context.Context) error {
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end) && ctx.Err() == nil; pause(ctx, 10*time.Millisecond) {
		res, err := http.Get("http://" + v.addr + "/readyz")
		if err != nil {
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return nil
		}
	}
	return errors.Join(errors.New("the server does not come up"), ctx.Err())
}

// kill is kill -9; it returns when the process is gone.
func (v *victim) kill() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.server != nil {
		v.server.kill()
	}
}

func (v *victim) stop() {
	v.mu.Lock()
	v.stopped = true
	if v.server != nil {
		v.server.kill()
	}
	v.mu.Unlock()
	<-v.done
	for _, close := range v.proxies {
		close()
	}
	if v.stripe != nil {
		v.stripe.process.kill()
	}
	if v.db != nil {
		v.db.Close()
	}
	if v.postgres != nil {
		v.postgres.stop()
	}
}

// A standIn is the stand-in for Stripe as a process of its own.
type standIn struct {
	process *process
	url     string
}

// startStandIn starts it; events go to the product at an address.
func startStandIn(ctx context.Context, program, dir, product string) (*standIn, error) {
	said, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer said.Close()
	env := []string{"STRIPE_SECRET_KEY=" + victimKey, "STRIPE_WEBHOOK_SECRET=" + victimWebhook, "STRIPE_CONNECT_WEBHOOK_SECRET=" + victimConnect}
	p, err := startProcessSaying(program, filepath.Join(dir, "stand-in.log"), w, env, "stripe-stand-in", "-addr", "127.0.0.1:0",
		"-platform-webhook", product+"/webhooks/stripe", "-connect-webhook", product+"/webhooks/stripe/connect")
	_ = w.Close()
	if err != nil {
		return nil, err
	}
	_ = said.SetReadDeadline(time.Now().Add(30 * time.Second))
	var address string
	if _, err := fmt.Fscanln(said, &address); err != nil {
		p.kill()
		return nil, fmt.Errorf("the stand-in did not start: %w", err)
	}
	return &standIn{p, address}, ctx.Err()
}

// control tells the stand-in's control panel to do something.
func (s *standIn) control(ctx context.Context, command string, fields map[string]string) error {
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/_stand-in/"+command, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the stand-in answers %s to %s", res.Status, command)
	}
	return nil
}

// list reads every object of a kind, newest first.
func (s *standIn) list(ctx context.Context, path string, each func(json.RawMessage) error) error {
	for after := ""; ; {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path+"?limit=100"+after, nil)
		if err != nil {
			return err
		}
		req.SetBasicAuth(victimKey, "")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		var page struct {
			Data []json.RawMessage `json:"data"`
			More bool              `json:"has_more"`
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		_ = res.Body.Close()
		if err != nil {
			return err
		}
		var last struct{ ID string }
		for _, object := range page.Data {
			if err := errors.Join(each(object), json.Unmarshal(object, &last)); err != nil {
				return err
			}
		}
		if !page.More || len(page.Data) == 0 {
			return nil
		}
		after = "&starting_after=" + url.QueryEscape(last.ID)
	}
}
