package stripesim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// An Endpoint is where events are sent, and the secret they are signed with (Stripe's v1 scheme).
type Endpoint struct {
	URL    string // empty: events are kept, and sent to nobody
	Secret string
}

// A Config says how the stand-in runs.
type Config struct {
	Addr            string   // what Start listens on; empty means 127.0.0.1:0
	Path            string   // the journal file; empty keeps everything in memory
	SecretKey       string   // the key that clients must send; must begin with sk_test_, so that nobody pastes a live one
	PlatformWebhook Endpoint // for events of the platform's own account
	ConnectWebhook  Endpoint // for events of connected accounts

	// InstantlyAvailable makes charges available at once and pays connected accounts out about a second after money arrives,
	// so that a person trying the product need not move the clock.
	InstantlyAvailable bool

	Clock  func() time.Time // nil means time.Now; Advance adds to it
	Begins time.Time        // where the clock of a new journal stands, not after now; zero: now
	Logger *slog.Logger     // nil logs nothing
}

// A Server is one stand-in. Its methods may be called from several goroutines.
type Server struct {
	config Config
	log    *slog.Logger
	mux    http.Handler

	mu sync.Mutex // guards everything down to the blank line, and the journal
	books
	journal *journal
	due     time.Time       // the next moment at which something happens by itself; zero when nothing will
	running map[string]bool // idempotency keys of requests that are being executed
	recent  []logged        // the last requests, for the control page
	held    bool            // events wait until they are released
	noted   chan struct{}   // closed and replaced whenever a delivery's state has changed

	faults   faultPlan
	wake     chan struct{} // tells the delivery loops to look again
	stop     context.CancelFunc
	stopped  context.Context
	loops    sync.WaitGroup
	http     *http.Server
	listener net.Listener
}

// Open reads the journal, if there is one, and begins to deliver events and to let time pass. It does not listen yet: call
// Start, or serve Handler. It fails on a key that is not a test key, on a journal that another process holds, and on a damaged one.
func Open(config Config) (*Server, error) {
	if !strings.HasPrefix(config.SecretKey, "sk_test_") {
		return nil, errors.New("stripesim: SecretKey must begin with sk_test_")
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	s := &Server{config: config, log: config.Logger, books: newBooks(), running: map[string]bool{},
		noted: make(chan struct{}), wake: make(chan struct{}, 1)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.mux = s.routes()
	for _, endpoint := range []string{platformEndpoint, connectEndpoint} {
		s.loops.Go(func() { s.deliverTo(endpoint) })
	}
	s.loops.Go(s.letTimePass)
	return s, nil
}

// load restores the books, then rewrites the journal without what nobody can see any more.
func (s *Server) load() (err error) {
	s.journal, err = openJournal(s.config.Path, func(c change) error {
		shelf, ok := s.shelves[c.Kind]
		if !ok {
			return fmt.Errorf("stripesim: the journal has a %q, which this version does not know", c.Kind)
		}
		return shelf.restore(c)
	})
	if err != nil {
		return err
	}
	now := s.now()
	var live []change
	for _, shelf := range s.shelves {
		changes, err := shelf.snapshot(func(body any) bool { return !forgettable(body, now) })
		if err != nil {
			return errors.Join(err, s.journal.close())
		}
		live = append(live, changes...)
	}
	if err := errors.Join(s.journal.compact(live), s.startClock(now)); err != nil {
		return errors.Join(err, s.journal.close())
	}
	return nil
}

// forgettable is what nothing depends on any more: answers whose keys have expired, and letters that are out of the post.
func forgettable(body any, now time.Time) bool {
	switch b := body.(type) {
	case storedAnswer:
		return b.expired(now)
	case delivery:
		return b.State != "waiting"
	}
	return false
}

// Handler returns everything the stand-in serves: the API under /v1, the pages under /_checkout and /_onboarding, and the
// control panel under /_stand-in.
func (s *Server) Handler() http.Handler { return s.mux }

// Start listens and serves until Close. It returns as soon as the address is taken.
func (s *Server) Start() error {
	addr := s.config.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("stripesim: %w", err)
	}
	s.listener = l
	s.http = &http.Server{Handler: s.mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	go func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the Stripe stand-in stopped serving", "error", err)
		}
	}()
	return nil
}

// URL is the address that Start listens on, such as http://127.0.0.1:12111; empty before Start.
func (s *Server) URL() string {
	if s.listener == nil {
		return ""
	}
	return "http://" + s.listener.Addr().String()
}

// Close stops serving, delivering and ticking, waits for what is under way, and closes the journal. Undelivered events stay
// in it. Closing twice is harmless.
func (s *Server) Close() error {
	if s.stopped.Err() != nil {
		return nil
	}
	s.stop()
	var closers []io.Closer
	if s.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := s.http.Shutdown(ctx); err != nil {
			closers = append(closers, s.http)
		}
	}
	s.loops.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := []error{s.journal.close()}
	for _, c := range closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
