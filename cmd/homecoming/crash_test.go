package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"homecoming/billing"
	"homecoming/billing/stripesim"
	"homecoming/cmd/homecoming/crash"
	"homecoming/cmd/homecoming/mainjob"
	"homecoming/market"
	"homecoming/market/markettest"
)

// A blow is where the server is killed: at the n-th boundary of a kind after a step of the main job began.
type blow struct {
	step string
	at   crash.Boundary
	n    int
}

// blows are two for each step that changes something, and more where money moves.
func blows() []blow {
	var all []blow
	for _, step := range mainjob.Steps {
		if step != "rank" { // it only reads
			all = append(all, blow{step, crash.BeforeCommit, 1}, blow{step, crash.AfterCommit, 1})
		}
	}
	for _, step := range []string{"fund", "accept the work"} {
		all = append(all, blow{step, crash.BeforeCall, 1}, blow{step, crash.AfterCall, 1}, blow{step, crash.AfterCommit, 2}, blow{step, crash.BeforeCommit, 3})
	}
	return all
}

// TestAServerKilledAtAnyBoundaryLosesAndDoublesNothing walks the main job once for each blow. The server comes back by
// itself, as under systemd; the clients send again what was not answered. At the end everything has happened once.
func TestAServerKilledAtAnyBoundaryLosesAndDoublesNothing(t *testing.T) {
	for _, b := range blows() {
		t.Run(fmt.Sprintf("%s, %s %d", b.step, b.at, b.n), func(t *testing.T) {
			t.Parallel() // most of the time is waiting
			campaign(t, b)
		})
	}
}

// campaign walks the main job, kills the server where the blow falls and checks what is left.
func campaign(t *testing.T, b blow) {
	v := newVictim(t)
	walk := v.cast()
	walk.Before = func(step string) {
		if step == b.step {
			v.plug.Arm(b.at, b.n, v.kill)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := walk.Run(ctx); err != nil {
		t.Fatalf("the plug was pulled: %t; then %v\n%s", v.plug.Pulled(), err, v.log())
	}
	if !v.plug.Pulled() {
		t.Errorf("only %d boundaries passed, the plug was not pulled", v.plug.Seen())
	}
	if err := billing.CheckLedger(ctx, v.world.DB); err != nil {
		t.Error(err)
	}
	for path, want := range map[string]int{"/v1/charges": 2, "/v1/transfers": 2} {
		if got := v.count(path); got != want {
			t.Errorf("%d objects at %s, not %d", got, path, want)
		}
	}
	if got := v.world.Count("SELECT count(*) FROM tasks"); got != 1 {
		t.Errorf("%d tasks were posted", got)
	}
}

// A victim is a server that is started again whenever it dies, between two proxies.
type victim struct {
	t      *testing.T
	world  *markettest.World
	plug   *crash.Plug
	stripe *stripesim.Server
	addr   string
	env    []string
	output string

	mu      sync.Mutex
	cmd     *exec.Cmd
	stopped bool
	done    chan struct{}
}

const victimKey = "sk_test_victim"

func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{t: t, world: markettest.New(t), plug: &crash.Plug{}, addr: freeAddress(t), done: make(chan struct{})}
	webhook := "http://" + v.addr + "/webhooks/stripe"
	var err error
	v.stripe, err = stripesim.Open(stripesim.Config{SecretKey: victimKey, InstantlyAvailable: true,
		PlatformWebhook: stripesim.Endpoint{URL: webhook, Secret: "whsec_platform"},
		ConnectWebhook:  stripesim.Endpoint{URL: webhook + "/connect", Secret: "whsec_connect"}})
	v.world.Check(err)
	v.world.Check(v.stripe.Start())
	t.Cleanup(func() { _ = v.stripe.Close() })
	proxied := crash.Stripe(v.stripe.Handler(), v.plug, nil)
	t.Cleanup(proxied.Close)

	dir, err := os.MkdirTemp("", "hc-")
	v.world.Check(err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	real := v.world.DB.Pool().Config().ConnConfig
	postgres, err := crash.NewPostgres(dir, real.Host, v.plug)
	v.world.Check(err)
	t.Cleanup(func() { _ = postgres.Close() })

	v.output = dir + "/log"
	v.env = append(os.Environ(), "DATABASE_URL="+fmt.Sprintf("host=%s user=%s dbname=%s sslmode=disable", dir, real.User, real.Database),
		"HOMECOMING_ADDR="+v.addr, "HOMECOMING_DRAIN=0s", "HOMECOMING_LOG_LEVEL=warn", "STRIPE_TIMEOUT=1s", "STRIPE_API_BASE="+proxied.URL,
		"STRIPE_SECRET_KEY="+victimKey, "STRIPE_WEBHOOK_SECRET=whsec_platform", "STRIPE_CONNECT_WEBHOOK_SECRET=whsec_connect")
	go v.live()
	t.Cleanup(v.stop)
	return v
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// live starts the server again and again until it is stopped.
func (v *victim) live() {
	defer close(v.done)
	file, err := program()
	if err != nil {
		v.t.Error(err)
		return
	}
	log, err := os.OpenFile(v.output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		v.t.Error(err)
		return
	}
	defer log.Close()
	for {
		v.mu.Lock()
		if v.stopped {
			v.mu.Unlock()
			return
		}
		v.cmd = exec.Command(file, "serve")
		v.cmd.Env, v.cmd.Stdout, v.cmd.Stderr = v.env, log, log
		err := v.cmd.Start()
		cmd := v.cmd
		v.mu.Unlock()
		if err != nil {
			v.t.Error(err)
			return
		}
		_ = cmd.Wait()
		time.Sleep(20 * time.Millisecond) // not a busy loop where it cannot start at all
	}
}

// kill is kill -9; it returns when the process is gone.
func (v *victim) kill() {
	v.mu.Lock()
	defer v.mu.Unlock()
	_ = v.cmd.Process.Kill()
	for v.cmd.Process.Signal(syscall.Signal(0)) == nil {
		time.Sleep(time.Millisecond)
	}
}

func (v *victim) stop() {
	v.mu.Lock()
	v.stopped = true
	if v.cmd != nil {
		_ = v.cmd.Process.Kill()
	}
	v.mu.Unlock()
	<-v.done
}

func (v *victim) log() string {
	body, _ := os.ReadFile(v.output)
	return string(body)
}

// cast makes the people of the walk; the alumna has her payout account before anything is armed.
func (v *victim) cast() *mainjob.Walk {
	v.t.Helper()
	aoi := v.world.Company("Aoi")
	aoi.Alumnus("daniel", markettest.Worked("Sales", "2015-04-01", "2022-03-31"))
	yumi := aoi.Alumnus("yumi", markettest.Worked("Finance", "2012-04-01", "2025-03-31"))
	aoi.Attests(yumi, v.world.Skill("bookkeeping", "Bookkeeping", "簿記"), 3)
	client := func(who market.Actor, role market.Role) *mainjob.Client {
		token, _, err := v.world.Market.CreateToken(v.t.Context(), who, "walk", nil)
		v.world.Check(err)
		return mainjob.NewClient(func() string { return "http://" + v.addr },
			mainjob.Login{Role: string(role), CompanyID: aoi.ID.String(), Token: token})
	}
	w := &mainjob.Walk{Title: "Close the books", Skills: []string{"bookkeeping"}, Fee: 300_001, Parts: 2, Today: time.Now().Format(time.DateOnly),
		Manager: client(aoi.Manager, market.Manager), Alumna: client(yumi.Actor, market.Alumnus), Finance: client(aoi.Finance, market.Finance)}
	ctx, cancel := context.WithTimeout(v.t.Context(), 30*time.Second)
	defer cancel()
	if err := w.Alumna.Onboard(ctx); err != nil {
		v.t.Fatalf("%v\n%s", err, v.log())
	}
	return w
}

// count is how many objects of a sort the stand-in holds.
func (v *victim) count(path string) int {
	v.t.Helper()
	req, err := http.NewRequest(http.MethodGet, v.stripe.URL()+path+"?limit=100", nil)
	v.world.Check(err)
	req.SetBasicAuth(victimKey, "")
	res, err := http.DefaultClient.Do(req)
	v.world.Check(err)
	defer res.Body.Close()
	var list struct{ Data []json.RawMessage }
	v.world.Check(json.NewDecoder(res.Body).Decode(&list))
	return len(list.Data)
}
