package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"homecoming/cmd/homecoming/demo"
	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/db/cluster"
)

// devFarewell is quick: nobody stands before a private server, and a person waits for the prompt.
var devFarewell = farewell{Patience: 2 * time.Second}

// dev runs the whole program on private parts of its own, under HOMECOMING_DATA: a PostgreSQL, a stand-in for Stripe
// and, on the first start, something to look at. It ends what it started, in the reverse order.
func dev(ctx context.Context, out io.Writer, args []string) (err error) {
	if err := flags(out, "dev", args, noFlags); err != nil {
		return err
	}
	c, err := readConfig(os.LookupEnv)
	if err != nil {
		return err
	}
	l, err := listen(ctx, c.Addr, "HOMECOMING_ADDR")
	if err != nil {
		return err
	}
	defer l.Close()
	h, err := moveIn(ctx, c, l.Addr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.moveOut()) }()
	err = h.live(ctx, out, l)
	if ctx.Err() != nil {
		fmt.Fprintln(out, "stopping")
		return nil
	}
	return err
}

// A household is what dev runs around the program itself.
type household struct {
	cfg     Config
	state   *state
	cluster *cluster.Cluster
	standIn *child
	fresh   bool // the database has not been filled yet
	late    *clock.Late
}

// moveIn starts the private parts and points the configuration at them.
func moveIn(ctx context.Context, c Config, at net.Addr) (h *household, err error) {
	h = &household{cfg: c}
	h.cfg.LogFormat, h.cfg.dev = "text", true
	h.late = clock.Behind(0)
	h.cfg.clock = h.late
	quiet := c.level(slog.LevelWarn) // a person watches; the logins should stay in sight
	h.cfg.LogLevel = &quiet
	h.cfg.URL = cmp.Or(c.URL, "http://"+at.String())
	if err := os.MkdirAll(c.Data, 0o711); err != nil {
		return nil, fmt.Errorf("HOMECOMING_DATA: %w", err)
	}
	h.cluster, err = cluster.Start(ctx, cluster.Config{Dir: filepath.Join(c.Data, "postgres")})
	if errors.Is(err, cluster.ErrInUse) {
		return nil, fmt.Errorf("another homecoming dev runs on this HOMECOMING_DATA: %w", err)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.moveOut())
		}
	}()
	if h.state, err = loadState(c.Data); err != nil {
		return h, err
	}
	h.cfg.DatabaseURL = h.cluster.URL("homecoming")
	h.cfg.StripeSecretKey = h.state.StripeSecretKey
	h.cfg.StripeWebhookSecret, h.cfg.StripeConnectWebhookSecret = h.state.StripeWebhookSecret, h.state.StripeConnectWebhookSecret
	h.cfg.SecretKey = cmp.Or(h.cfg.SecretKey, h.state.SecretKey)
	if h.cfg.FilesURL, err = h.filesAt(); err != nil {
		return h, err
	}
	if err = h.prepareDatabase(ctx); err != nil {
		return h, err
	}
	return h, h.startStandIn(ctx)
}

// moveOut stops the private parts; what needs them must have ended.
func (h *household) moveOut() error {
	var errs []error
	if h.standIn != nil {
		errs = append(errs, h.standIn.stop())
	}
	return errors.Join(append(errs, h.cluster.Stop())...)
}

// unfilled marks, as the database's comment, one whose filling has begun and not ended: it is thrown away.
const unfilled = "not filled yet"

// prepareDatabase makes the database, or throws away one that was left half filled, and migrates it.
func (h *household) prepareDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, h.cluster.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var there, begun bool
	err = conn.QueryRow(ctx, `SELECT count(*) = 1, coalesce(bool_or(shobj_description(oid, 'pg_database') = $1), false)
		FROM pg_database WHERE datname = 'homecoming'`, unfilled).Scan(&there, &begun)
	if err != nil {
		return err
	}
	if h.fresh = !there || begun; h.fresh {
		if h.cfg.Demo {
			h.late = clock.Behind(time.Since(demo.Begins(time.Now())))
			h.cfg.clock = h.late
		}
		if err := h.beginAfresh(ctx, conn); err != nil {
			return err
		}
	}
	d, err := db.Open(ctx, h.cfg.DatabaseURL)
	if err != nil {
		return err
	}
	defer d.Close()
	return bringUp(ctx, d)
}

func (h *household) beginAfresh(ctx context.Context, conn *pgx.Conn) error {
	if err := os.RemoveAll(h.stripeDir()); err != nil {
		return err
	}
	h.state.Accounts = nil
	for _, q := range []string{"DROP DATABASE IF EXISTS homecoming WITH (FORCE)", "CREATE DATABASE homecoming", "COMMENT ON DATABASE homecoming IS '" + unfilled + "'"} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return err
		}
	}
	return h.state.save()
}

// filesAt is where files are kept: where the setting says, or in the data directory.
func (h *household) filesAt() (string, error) {
	if h.cfg.FilesURL != "" {
		return h.cfg.FilesURL, nil
	}
	at, err := filepath.Abs(filepath.Join(h.cfg.Data, "files"))
	return (&url.URL{Scheme: "file", Path: at}).String(), err
}

func (h *household) stripeDir() string { return filepath.Join(h.cfg.Data, "stripe") }

// startStandIn runs the stand-in where it was last, or anywhere when that place is taken.
func (h *household) startStandIn(ctx context.Context) (err error) {
	env := append(os.Environ(), "STRIPE_SECRET_KEY="+h.state.StripeSecretKey, "STRIPE_WEBHOOK_SECRET="+h.state.StripeWebhookSecret,
		"STRIPE_CONNECT_WEBHOOK_SECRET="+h.state.StripeConnectWebhookSecret)
	if l, err := listen(ctx, h.state.StripeAddr, "HOMECOMING_ADDR"); err != nil {
		h.state.StripeAddr = "127.0.0.1:0"
	} else {
		_ = l.Close()
	}
	if err := os.MkdirAll(h.stripeDir(), 0o700); err != nil {
		return err
	}
	h.standIn, h.cfg.StripeAPIBase, err = startChild(ctx, filepath.Join(h.stripeDir(), "log"), env, "stripe-stand-in",
		"-begins", h.late.Now().Format(time.RFC3339), "-addr", h.state.StripeAddr, "-file", filepath.Join(h.stripeDir(), "journal"),
		"-platform-webhook", h.cfg.URL+"/webhooks/stripe", "-connect-webhook", h.cfg.URL+"/webhooks/stripe/connect")
	if err != nil {
		return err
	}
	h.state.StripeAddr = h.cfg.StripeAPIBase[len("http://"):]
	return h.state.save()
}

// live serves until ctx ends or one of the private parts does.
func (h *household) live(ctx context.Context, out io.Writer, l net.Listener) error {
	a, err := build(ctx, h.cfg, h.cfg.logger())
	if err != nil {
		return err
	}
	defer a.close()
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- a.operate(serving, l, devFarewell) }()
	err = h.welcome(ctx, out, a)
	if err == nil {
		select {
		case err = <-served:
			return err
		case <-ctx.Done():
		case <-h.cluster.Ended():
			err = fmt.Errorf("PostgreSQL has ended by itself; see %s", h.cluster.Log())
		case <-h.standIn.ended:
			err = fmt.Errorf("the stand-in for Stripe has ended by itself (%w); see %s", h.standIn.err, h.stripeDir())
		}
	}
	stop()
	return errors.Join(err, <-served)
}

// welcome fills a fresh database and tells the address and the logins.
func (h *household) welcome(ctx context.Context, out io.Writer, a *app) error {
	if h.fresh {
		began := time.Now()
		accounts, err := h.fill(ctx, out, a)
		if err != nil {
			return err
		}
		h.state.Accounts = accounts
		if err := h.state.save(); err != nil {
			return err
		}
		if err := a.db.Gorm(ctx).Exec("COMMENT ON DATABASE homecoming IS NULL").Error; err != nil {
			return err
		}
		fmt.Fprintf(out, "filled in %s\n", time.Since(began).Round(100*time.Millisecond))
	}
	fmt.Fprintf(out, "\nHomecoming is at      %s\nThe stand-in is at    %s\n\n", h.cfg.URL, h.cfg.StripeAPIBase)
	for _, acc := range h.state.Accounts {
		fmt.Fprintf(out, "  %-14s %-36s %s\n", acc.Role, acc.Email, acc.Password)
	}
	fmt.Fprintf(out, "\nCtrl-C stops everything; the data stays in %s.\n", h.cfg.Data)
	if h.cfg.DevInfo == "" {
		return nil
	}
	return writePrivately(h.cfg.DevInfo, info{URL: h.cfg.URL, Accounts: h.state.Accounts, StripeURL: h.cfg.StripeAPIBase, DatabaseURL: h.cfg.DatabaseURL})
}
