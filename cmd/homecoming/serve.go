package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"homecoming/api"
	"homecoming/api/web"
	"homecoming/billing"
	"homecoming/billing/stripe"
	"homecoming/internal/db"
	"homecoming/internal/files"
	"homecoming/internal/idempotency"
	"homecoming/internal/idp"
	"homecoming/internal/jobs"
	"homecoming/internal/live"
	"homecoming/internal/mail"
	"homecoming/internal/outward"
	"homecoming/internal/seal"
	"homecoming/market"
	"homecoming/matching"
	"homecoming/matching/meili"
	"homecoming/matching/postgres"
)

// serve answers the API and the pages and works the queue, on a database that somebody else looks after.
func serve(ctx context.Context, out io.Writer, args []string) error {
	if err := flags(out, "serve", args, noFlags); err != nil {
		return err
	}
	c, err := readConfig(os.LookupEnv, serveNeeds...)
	if err != nil {
		return err
	}
	log := c.logger()
	l, err := listen(ctx, c.Addr, "HOMECOMING_ADDR")
	if err != nil {
		return err
	}
	defer l.Close()
	c.URL = cmp.Or(c.URL, "http://"+l.Addr().String())
	a, err := build(ctx, c, log)
	if err != nil {
		return err
	}
	defer a.close()
	log.Info("serving", "addr", l.Addr().String(), "url", c.URL, "version", version)
	return a.operate(ctx, l, farewell{Drain: c.Drain, Patience: 20 * time.Second})
}

// An app is the whole program, wired and not yet started.
type app struct {
	cfg      Config
	log      *slog.Logger
	db       *db.DB
	market   *market.Service
	matching *matching.Service
	billing  *billing.Service
	workers  *river.Workers
	periodic []*river.PeriodicJob
	server   *api.Server
	live     *live.Hub
}

// build wires the rooms together. It refuses a schema that is not this program's.
func build(ctx context.Context, c Config, log *slog.Logger) (_ *app, err error) {
	slog.SetDefault(log) // rooms log through the default
	d, err := openChecked(ctx, c.DatabaseURL)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	a := &app{cfg: c, log: log, db: d, workers: river.NewWorkers()}
	mailer, err := letters(c, d)
	if err != nil {
		return nil, err
	}
	now := c.now()
	a.matching = rank(c, d)
	gateway, err := stripe.New(stripe.Config{Key: c.StripeSecretKey, APIBase: c.StripeAPIBase,
		WebhookSecret: c.StripeWebhookSecret, ConnectWebhookSecret: c.StripeConnectWebhookSecret,
		PerSecond: float64(c.StripePerSecond), InAll: float64(c.StripeInAll)})
	if err != nil {
		return nil, err
	}
	box, err := seal.New(c.SecretKey)
	if err != nil {
		return nil, err
	}
	options := []market.Option{market.WithBox(box), market.WithAddress(c.URL), market.WithProviders(idp.NewClient(now.Now, c.dev), c.URL),
		market.WithWebhooks(outward.NewClient(c.dev), c.dev)}
	if c.MailInDomain != "" {
		options = append(options, market.WithReplies(c.MailInDomain))
	}
	kept, err := stores(c)
	if err != nil {
		return nil, err
	}
	options = append(options, kept...)
	a.market = market.New(d, now, matching.ResolveSkill, options...)
	a.billing = billing.New(d, now, a.market, gateway, billing.Config{BaseURL: c.URL, Box: box, CallTimeout: c.StripeTimeout,
		Platform: billing.PaperParty{Name: c.PlatformName, Address: c.PlatformAddress, Number: c.PlatformNumber}})

	market.AddWorkers(a.workers, a.market, mailer, c.URL)
	matching.Workers(a.workers, a.matching)
	matching.SearchWorkers(a.workers, a.matching, matching.NewAlerts(a.matching, a.market, mailer, c.URL))
	billing.AddWorkers(a.workers, a.billing)
	idempotency.AddWorkers(a.workers, d)
	a.periodic = slices.Concat(market.Periodic(), matching.Periodic(), matching.SearchPeriodic(), billing.Periodic(a.billing), idempotency.Periodic())

	pages := web.Config{Market: a.market, Matching: a.matching, Billing: a.billing, Clock: now, Dev: c.dev}
	if c.dev {
		pages.Outbox = mail.NewOutbox(d)
	}
	a.live = live.NewHub(market.LiveChannel, market.ParseStir)
	a.server, err = api.New(api.Config{
		Live: a.live, DB: d, Clock: now, Market: a.market, Matching: a.matching, Billing: a.billing, Pages: web.Pages(pages),
		BaseURL: c.URL, FormTargets: formTargets(c), Proxies: c.Proxies, Version: version, Logger: log,
	})
	return a, err
}

// stores opens where files and the list of erasures are kept, and has erasing reach every room.
func stores(c Config) ([]market.Option, error) {
	options := []market.Option{market.WithPersonalData(matching.People, billing.People)}
	for name, at := range map[string]struct {
		url string
		use func(files.Store) market.Option
	}{"FILES_URL": {c.FilesURL, market.WithFiles}, "ERASURES_URL": {c.ErasuresURL, market.WithErasures}} {
		if at.url == "" {
			continue
		}
		store, err := files.Open(at.url)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		options = append(options, at.use(store))
	}
	return options, nil
}

// rank chooses the indexes: PostgreSQL always, Meilisearch before it when it is configured.
func rank(c Config, d *db.DB) *matching.Service {
	if c.MeiliURL == "" {
		return matching.New(d, c.now(), postgres.New(d))
	}
	return matching.New(d, c.now(), postgres.New(d), meili.New(c.MeiliURL, c.MeiliAPIKey, "members"))
}

// letters chooses how mail leaves: over SMTP when it is configured, else into the outbox table.
func letters(c Config, d *db.DB) (mail.Mailer, error) {
	if c.SMTPURL == "" {
		return mail.NewOutbox(d), nil
	}
	return mail.NewSMTP(c.SMTPURL)
}

// formTargets are the hosts to which our forms may lead: where the money is paid and accounts are set up.
func formTargets(c Config) []string {
	if c.dev {
		return []string{c.StripeAPIBase}
	}
	return []string{"https://checkout.stripe.com", "https://connect.stripe.com"}
}

// close lets go of the database; operate must have ended.
func (a *app) close() { a.db.Close() }

// operate answers requests and works the queue until ctx ends. Requests end first, because they may enqueue.
func (a *app) operate(ctx context.Context, l net.Listener, bye farewell) error {
	stop, err := a.work(ctx)
	if err != nil {
		return err
	}
	hearing, deafen := context.WithCancel(ctx)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		a.live.Run(hearing, a.db.Pool().Config().ConnConfig, nil)
	}()
	defer func() { deafen(); <-heard }()
	closeBox, err := a.takeMail(ctx)
	if err != nil {
		return errors.Join(err, stop())
	}
	return errors.Join(serveHTTP(ctx, l, a.server, bye), closeBox(), stop())
}

// work works the queue until the returned function is called, which lets running jobs end within ten seconds.
func (a *app) work(ctx context.Context) (stop func() error, err error) {
	beyond := context.WithoutCancel(ctx) // the queue would drop its jobs at the signal; we stop it in order
	w, err := jobs.Start(beyond, a.db, a.workers, jobs.Config{MaxWorkers: a.cfg.Workers, Periodic: a.periodic, Logger: a.log})
	if err != nil {
		return nil, err
	}
	if err := a.billing.Resume(ctx); err != nil { // what a killed process left behind
		a.log.Error("resuming", "error", err)
	}
	return func() error {
		patience, cancel := context.WithTimeout(beyond, 10*time.Second)
		defer cancel()
		return w.Stop(patience)
	}, nil
}
