package stripesim_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"homecoming/billing/stripesim"
)

// childPath is the variable that makes this test binary a stand-in process of its own, to be killed.
const childPath = "STRIPESIM_TEST_CHILD"

// beChild serves from the journal until it is killed.
func beChild(path string) {
	s, err := stripesim.Open(stripesim.Config{Path: path, SecretKey: testKey, Clock: func() time.Time { return monday }})
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(s.URL())
	os.Stdin.Read(make([]byte, 1)) // until the parent has gone, at the latest
	os.Exit(0)
}

// A child is a stand-in in a process of its own.
type child struct {
	*world
	cmd *exec.Cmd
}

func startChild(t *testing.T, path string) child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPath+"="+path)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if url := strings.TrimSpace(line); err == nil && strings.HasPrefix(url, "http://") {
		w := &world{T: t, at: url}
		w.stripe = w.client(http.DefaultTransport)
		return child{w, cmd}
	}
	cmd.Process.Kill()
	cmd.Wait()
	t.Fatalf("the child said %q (%v)", line, err)
	return child{}
}

// kill ends the process as a power cut would, and waits until it is gone.
func (c child) kill() {
	c.cmd.Process.Kill()
	c.cmd.Wait()
}

func TestWhatWasAnsweredSurvivesKill9(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	path := filepath.Join(t.TempDir(), "stripe", "journal")
	answered := map[string]string{} // idempotency key → transfer
	sent := 0
	var yumi, ch string
	for round := range 6 {
		c := startChild(t, path)
		if round == 0 {
			_, err := c.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(10_000_000), Currency: stripe.String("jpy")})
			c.must(err)
			c.sums = &balanceCheck{T: t, at: c.at}
			yumi, ch = c.alumna().ID, c.charge(10_000_000).ID
		}
		killed := make(chan struct{})
		time.AfterFunc(time.Duration(random.IntN(40_000))*time.Microsecond, func() { c.kill(); close(killed) })
		for alive := true; alive; {
			sent++
			k := fmt.Sprintf("tr:%d:1", sent)
			tr, err := c.transfer(100, &stripe.Account{ID: yumi}, &stripe.Charge{ID: ch}, key(k))
			if alive = err == nil; alive {
				answered[k] = tr.ID
			}
		}
		<-killed
	}
	w := openWorld(t, stripesim.Config{Path: path, SecretKey: testKey, Clock: func() time.Time { return monday }})
	for k, id := range answered {
		tr, err := w.transfer(100, &stripe.Account{ID: yumi}, &stripe.Charge{ID: ch}, key(k))
		w.must(err)
		if tr.ID != id {
			t.Errorf("%s was answered %s before the kill and %s after", k, id, tr.ID)
		}
	}
	n := w.transfers()
	if n < len(answered) || n > sent {
		t.Errorf("%d transfers of %d answered and %d sent", n, len(answered), sent)
	}
	w.wantBalance(yumi, 0, int64(n)*100)
	if len(answered) == 0 {
		t.Error("nothing was answered, so nothing was tested")
	}
	t.Logf("%d sent, %d answered, %d there", sent, len(answered), n)
}

func TestEverythingIsThereAfterAnOrderlyRestart(t *testing.T) {
	t.Parallel()
	inbox := newInbox(t)
	inbox.answer = func(int) int { return http.StatusServiceUnavailable }
	config := stripesim.Config{Path: filepath.Join(t.TempDir(), "journal"), SecretKey: testKey, Clock: func() time.Time { return monday },
		PlatformWebhook: stripesim.Endpoint{URL: inbox.URL, Secret: ourSecret}}
	before := openWorld(t, config)
	yumi, ch := before.alumna(), before.charge(10_000)
	tr, err := before.transfer(3_000, yumi, ch)
	before.must(err)
	before.days(1)
	open := before.checkout(900)
	before.must(before.sim.Close())

	inbox.mu.Lock()
	inbox.answer, inbox.got = func(int) int { return http.StatusOK }, nil
	inbox.mu.Unlock()
	w := openWorld(t, config)
	w.wantBalance("", 0, 9_640-3_000)
	got, err := w.stripe.Transfers.Get(tr.ID, nil)
	w.must(err)
	if string(got.LastResponse.RawJSON) != string(tr.LastResponse.RawJSON) {
		t.Errorf("the transfer was\n%s and is\n%s", tr.LastResponse.RawJSON, got.LastResponse.RawJSON)
	}
	w.press(w.at+"/_checkout/"+open.ID, 0)
	w.delivered()
	if events := opened(t, inbox, ourSecret); len(events) != 9 {
		t.Errorf("%d events were delivered after the restart, want the 5 that nobody had taken and the new payment's 4: %v", len(events), types(events))
	}
	w.days(5) // the clock that had been moved is still ahead, and what was due still happens
	w.wantBalance(yumi.ID, 0, 0)
	if p := w.onlyPayout(yumi.ID); p.Amount != 3_000 || p.Status != stripe.PayoutStatusPaid {
		t.Errorf("the payout is %+v", p)
	}
}

// The payout day before a restart must not take money that came after it.
func TestARestartDoesNotPayOutIntoThePast(t *testing.T) {
	t.Parallel()
	config := stripesim.Config{Path: filepath.Join(t.TempDir(), "journal"), SecretKey: testKey, Clock: func() time.Time { return monday }}
	before := openWorld(t, config)
	yumi := before.alumna()
	_, err := before.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(5_000), Currency: stripe.String("jpy")})
	before.must(err)
	before.days(5) // Saturday
	_, err = before.transfer(3_000, yumi, nil)
	before.must(err)
	before.must(before.sim.Close())

	w := openWorld(t, config)
	w.wantBalance(yumi.ID, 3_000, 0)
	w.days(6)
	if p := w.onlyPayout(yumi.ID); time.Unix(p.Created, 0).UTC() != time.Date(2026, 3, 13, 0, 0, 0, 0, time.UTC) {
		t.Errorf("the payout was made at %s", time.Unix(p.Created, 0).UTC())
	}
}

func TestAPayoutDayThatPassedWhileTheProcessWasDownIsMadeUpFor(t *testing.T) {
	t.Parallel()
	now := monday
	config := stripesim.Config{Path: filepath.Join(t.TempDir(), "journal"), SecretKey: testKey, Clock: func() time.Time { return now }}
	before := openWorld(t, config)
	yumi := before.alumna()
	_, err := before.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(5_000), Currency: stripe.String("jpy")})
	before.must(err)
	_, err = before.transfer(3_000, yumi, nil)
	before.must(err)
	before.must(before.sim.Close())
	now = now.AddDate(0, 0, 5)

	w := openWorld(t, config)
	if p := w.onlyPayout(yumi.ID); time.Unix(p.Created, 0).UTC() != time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC) {
		t.Errorf("the payout was made at %s", time.Unix(p.Created, 0).UTC())
	}
}

func TestATornLastLineNeverHappened(t *testing.T) {
	t.Parallel()
	config := stripesim.Config{Path: filepath.Join(t.TempDir(), "journal"), SecretKey: testKey, Clock: func() time.Time { return monday }}
	w := openWorld(t, config)
	for range 2 {
		_, err := w.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(100), Currency: stripe.String("jpy")})
		w.must(err)
	}
	w.must(w.sim.Close())
	whole, err := os.ReadFile(config.Path)
	w.must(err)
	last := strings.LastIndex(strings.TrimSuffix(string(whole), "\n"), "\n") + 1
	for cut := last; cut < len(whole); cut += 97 {
		w.must(os.WriteFile(config.Path, whole[:cut], 0o600))
		torn, err := stripesim.Open(config)
		w.must(err)
		again := &world{T: t, sim: torn}
		w.must(torn.Start())
		again.at = torn.URL()
		again.stripe = again.client(http.DefaultTransport)
		again.wantBalance("", 100, 0)
		w.must(torn.Close())
	}
	damaged := strings.Replace(string(whole), "topup", "t0pup", 1) // in the first of the two lines
	w.must(os.WriteFile(config.Path, []byte(damaged), 0o600))
	if s, err := stripesim.Open(config); err == nil {
		s.Close()
		t.Error("a damaged line in the middle was passed over")
	}
}

func TestTwoProcessesNeverShareAJournal(t *testing.T) {
	t.Parallel()
	config := stripesim.Config{Path: filepath.Join(t.TempDir(), "journal"), SecretKey: testKey}
	s, err := stripesim.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	second, err := stripesim.Open(config)
	if err == nil {
		second.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("the second got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := stripesim.Open(config)
	if err != nil {
		t.Fatalf("after the first had closed: %v", err)
	}
	if err := third.Close(); err != nil {
		t.Error(err)
	}
}

func TestATakenAddressIsOneClearError(t *testing.T) {
	w := newWorld(t)
	s, err := stripesim.Open(stripesim.Config{SecretKey: testKey, Addr: strings.TrimPrefix(w.at, "http://")})
	w.must(err)
	defer s.Close()
	if err := s.Start(); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("starting on a taken address: %v", err)
	}
}
