package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"homecoming/internal/clock"
	"homecoming/market"
)

// A Config is everything that can be set from outside. The table settings says what each field means.
type Config struct {
	DatabaseURL string

	Addr    string
	URL     string // empty means http:// and where the listener really is
	Proxies []netip.Prefix
	Drain   time.Duration
	Workers int

	StripeSecretKey            string
	StripeWebhookSecret        string
	StripeConnectWebhookSecret string
	StripeAPIBase              string
	StripeTimeout              time.Duration
	StripePerSecond            int
	StripeInAll                int

	MeiliURL    string
	MeiliAPIKey string

	SMTPURL string

	MailInAddr   string
	MailInDomain string

	FilesURL    string
	ErasuresURL string

	PlatformName    string
	PlatformAddress string
	PlatformNumber  string

	SecretKey string

	LogFormat string
	LogLevel  *slog.Level // nil where nobody said: info, and warn in dev

	Data    string
	Demo    bool
	DevInfo string

	dev   bool        // set by dev alone: the outbox, the storybook and the stand-in's pages are shown
	clock clock.Clock // set by dev alone, which fills in last month before it fills in the present
}

// now is the clock that the program goes by.
func (c Config) now() clock.Clock {
	if c.clock == nil {
		return clock.System
	}
	return c.clock
}

// A setting is one environment variable.
type setting struct {
	name     string
	fallback string // what holds when it is unset
	sample   string // what env.example shows; empty means the fallback
	doc      string
	put      func(c *Config, value string) error
}

// settings is every environment variable the program reads, in the order of deploy/env.example, which a test holds
// to this table. Each can also be given as NAME_FILE, the path of a file with the value, for secrets.
var settings = []setting{
	{name: "DATABASE_URL", sample: "postgres://homecoming@/homecoming?host=/run/postgresql", put: text(func(c *Config) *string { return &c.DatabaseURL }),
		doc: "PostgreSQL 15 or newer. serve, work and migrate need it; dev brings its own."},

	{name: "HOMECOMING_ADDR", fallback: "127.0.0.1:8080", put: address,
		doc: "Where the API and the pages listen."},
	{name: "HOMECOMING_URL", sample: "https://homecoming.example", put: link(func(c *Config) *string { return &c.URL }),
		doc: "The address that people and Stripe come back to. Unset: http:// and HOMECOMING_ADDR."},
	{name: "HOMECOMING_PROXIES", sample: "10.0.0.0/8", put: prefixes,
		doc: "Whose X-Forwarded-For is believed: address ranges, separated by commas."},
	{name: "HOMECOMING_DRAIN", fallback: "3s", put: duration(func(c *Config) *time.Duration { return &c.Drain }),
		doc: "How long readiness says no before a stopping server closes its door. dev does not wait."},
	{name: "HOMECOMING_WORKERS", fallback: "8", put: number(func(c *Config) *int { return &c.Workers }, 1, 500),
		doc: "Jobs worked at a time, by serve and by work."},

	{name: "STRIPE_SECRET_KEY", sample: "sk_test_…", put: text(func(c *Config) *string { return &c.StripeSecretKey }),
		doc: "Stripe's secret key. serve and work refuse to start without it; dev uses its stand-in."},
	{name: "STRIPE_WEBHOOK_SECRET", sample: "whsec_…", put: text(func(c *Config) *string { return &c.StripeWebhookSecret }),
		doc: "Signs events of the platform's own account, sent to /webhooks/stripe."},
	{name: "STRIPE_CONNECT_WEBHOOK_SECRET", sample: "whsec_…", put: text(func(c *Config) *string { return &c.StripeConnectWebhookSecret }),
		doc: "Signs events of connected accounts, sent to /webhooks/stripe/connect."},
	{name: "STRIPE_API_BASE", fallback: "https://api.stripe.com", put: link(func(c *Config) *string { return &c.StripeAPIBase }),
		doc: "Where Stripe is; another address for a stand-in."},
	{name: "STRIPE_TIMEOUT", fallback: "10s", put: duration(func(c *Config) *time.Duration { return &c.StripeTimeout }),
		doc: "How long one call to Stripe may take before its outcome counts as unknown and is looked up."},

	{name: "STRIPE_PER_SECOND", fallback: "25", put: number(func(c *Config) *int { return &c.StripePerSecond }, 1, 10_000),
		doc: "Requests a second to one kind of Stripe's objects, by one process. Stripe allows 25 of a live account."},
	{name: "STRIPE_PER_SECOND_IN_ALL", fallback: "100", put: number(func(c *Config) *int { return &c.StripeInAll }, 1, 10_000),
		doc: "Requests a second to Stripe in all, by one process. Stripe allows 100 of a live account."},

	{name: "MEILI_URL", sample: "http://127.0.0.1:7700", put: link(func(c *Config) *string { return &c.MeiliURL }),
		doc: "Meilisearch 1.50 or newer. Unset: PostgreSQL ranks, with the same answers."},
	{name: "MEILI_API_KEY", put: text(func(c *Config) *string { return &c.MeiliAPIKey }),
		doc: "Meilisearch's key."},

	{name: "SMTP_URL", sample: "smtp://user:password@mail.example:587?from=no-reply@homecoming.example&name=Homecoming", put: link(func(c *Config) *string { return &c.SMTPURL }),
		doc: "Where mail is handed over, and its sender: smtp:// with STARTTLS, smtps:// with TLS from the start. Unset: mails stay in the outbox table."},
	{name: "MAIL_IN_ADDR", sample: "127.0.0.1:2525", put: text(func(c *Config) *string { return &c.MailInAddr }),
		doc: "Where answers by mail are taken over SMTP, from an MTA that stands before it. Unset: people answer on the pages."},
	{name: "MAIL_IN_DOMAIN", sample: "reply.homecoming.example", put: text(func(c *Config) *string { return &c.MailInDomain }),
		doc: "The domain of the addresses at which letters are answered. Its mails go to MAIL_IN_ADDR of serve; work, which writes letters too, needs the domain alone."},

	{name: "FILES_URL", sample: "s3://key:secret@s3.ap-northeast-1.amazonaws.com/bucket?region=ap-northeast-1", put: text(func(c *Config) *string { return &c.FilesURL }),
		doc: "Where files of people are kept: a private bucket that speaks S3, or file:///directory on a machine that serves alone. Unset: nobody can give one; dev keeps them in its directory."},
	{name: "ERASURES_URL", sample: "s3://key:secret@s3.ap-northeast-1.amazonaws.com/erasures?region=ap-northeast-1", put: text(func(c *Config) *string { return &c.ErasuresURL }),
		doc: "Where the ids of people who were forgotten are listed: beside the database's backups and not in them, as FILES_URL is written. A restored database forgets them again by it. Unset: nothing would."},

	{name: "HOMECOMING_PLATFORM_NAME", fallback: "Homecoming", put: text(func(c *Config) *string { return &c.PlatformName }),
		doc: "Who runs this and takes the fee, as its receipts name it."},
	{name: "HOMECOMING_PLATFORM_ADDRESS", sample: "1-1-1 Marunouchi, Chiyoda-ku, Tokyo", put: text(func(c *Config) *string { return &c.PlatformAddress }),
		doc: "Their address."},
	{name: "HOMECOMING_PLATFORM_NUMBER", sample: "T7010705000725", put: registration,
		doc: "Their qualified-invoice number, T and 13 digits. Unset: receipts are no qualified invoices, and say nothing of one."},

	{name: "HOMECOMING_SECRET_KEY", sample: "at-least-32-random-characters-of-your-own", put: secretKey,
		doc: "At least 32 random characters that seal secrets in the database, such as those of authenticator apps. Unset: nobody can set one up; dev makes its own."},

	{name: "HOMECOMING_LOG", fallback: "json", put: oneOf(func(c *Config) *string { return &c.LogFormat }, "json", "text"),
		doc: "The shape of the log on standard error: json or text."},
	{name: "HOMECOMING_LOG_LEVEL", sample: "info", put: logLevel,
		doc: "debug, info, warn or error. Unset: info, and warn in dev, where a person watches."},

	{name: "HOMECOMING_DATA", fallback: "data", put: text(func(c *Config) *string { return &c.Data }),
		doc: "dev alone: the directory of its private database, stand-in and logins."},
	{name: "HOMECOMING_DEMO", fallback: "1", put: yes(func(c *Config) *bool { return &c.Demo }),
		doc: "dev alone: 0 starts with an empty company and one administrator instead of the demo."},
	{name: "HOMECOMING_DEV_INFO", sample: "/tmp/homecoming.json", put: text(func(c *Config) *string { return &c.DevInfo }),
		doc: "dev alone: the file that receives address and logins as JSON, readable by its owner only."},
}

// registration is a qualified-invoice number.
func registration(c *Config, value string) error {
	if !market.ValidRegistration(value, true) {
		return errors.New("is no corporation's qualified-invoice number: T and 13 digits with their check digit")
	}
	c.PlatformNumber = value
	return nil
}

// readConfig reads every setting and then demands those named in need. All that is wrong is told at once.
func readConfig(lookup func(string) (string, bool), need ...string) (Config, error) {
	var c Config
	var faults []error
	given := map[string]bool{}
	for _, s := range settings {
		value, err := s.read(lookup)
		given[s.name] = value != ""
		if err == nil && value == "" {
			value = s.fallback
		}
		if err == nil && value != "" {
			err = s.put(&c, value)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.name, err))
		}
	}
	for _, name := range need {
		if !given[name] {
			faults = append(faults, fmt.Errorf("%s is not set (or %s_FILE)", name, name))
		}
	}
	if len(faults) > 1 {
		return c, fmt.Errorf("the configuration has %d faults:\n%w", len(faults), errors.Join(faults...))
	}
	return c, errors.Join(faults...)
}

// read gives the variable's value, or the content of the file that NAME_FILE names.
func (s setting) read(lookup func(string) (string, bool)) (string, error) {
	value, _ := lookup(s.name)
	file, _ := lookup(s.name + "_FILE")
	switch {
	case file == "":
		return value, nil
	case value != "":
		return "", fmt.Errorf("%s_FILE is set as well; keep one", s.name)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}

func logLevel(c *Config, v string) error {
	c.LogLevel = new(slog.Level)
	return c.LogLevel.UnmarshalText([]byte(v))
}

// level is what is logged from, usual where nobody said.
func (c Config) level(usual slog.Level) slog.Level {
	if c.LogLevel == nil {
		return usual
	}
	return *c.LogLevel
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		*field(c) = v
		return nil
	}
}

func link(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		u, err := url.Parse(v)
		if err != nil || u.Scheme == "" || u.Host == "" {
			return errors.New("is not an address like https://host") // the value may hold a password: not shown
		}
		*field(c) = strings.TrimRight(v, "/")
		return nil
	}
}

func address(c *Config, v string) error {
	if _, _, err := net.SplitHostPort(v); err != nil {
		return fmt.Errorf("%q is not host:port", v)
	}
	c.Addr = v
	return nil
}

func prefixes(c *Config, v string) error {
	for part := range strings.SplitSeq(v, ",") {
		p, err := netip.ParsePrefix(strings.TrimSpace(part))
		if err != nil {
			return fmt.Errorf("%q is not an address range like 10.0.0.0/8", part)
		}
		c.Proxies = append(c.Proxies, p)
	}
	return nil
}

func duration(field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d < 0 {
			return fmt.Errorf("%q is not a duration like 3s", v)
		}
		*field(c) = d
		return nil
	}
}

func number(field func(*Config) *int, low, high int) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < low || n > high {
			return fmt.Errorf("%q is not a number from %d to %d", v, low, high)
		}
		*field(c) = n
		return nil
	}
}

func oneOf(field func(*Config) *string, allowed ...string) func(*Config, string) error {
	return func(c *Config, v string) error {
		for _, a := range allowed {
			if v == a {
				*field(c) = v
				return nil
			}
		}
		return fmt.Errorf("%q is none of %s", v, strings.Join(allowed, ", "))
	}
}

func yes(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, v string) error {
		b, err := strconv.ParseBool(v)
		if err != nil {
			return fmt.Errorf("%q is neither 0 nor 1", v)
		}
		*field(c) = b
		return nil
	}
}

// envExample is deploy/env.example: every setting with what it means and what holds without it.
func envExample() string {
	var b strings.Builder
	b.WriteString("# Every setting of Homecoming. Lines that begin with # show what holds when the setting is absent, or a sample.\n" +
		"# Each can be given as NAME_FILE instead: the path of a file that holds the value.\n")
	for _, s := range settings {
		shown := s.sample
		if shown == "" {
			shown = s.fallback
		}
		fmt.Fprintf(&b, "\n# %s\n#%s=%s\n", s.doc, s.name, shown)
	}
	return b.String()
}

// serveNeeds are the settings without which serve and work refuse to start.
var serveNeeds = []string{"DATABASE_URL", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_CONNECT_WEBHOOK_SECRET"}

// logger writes to standard error, in the shape that was asked for.
func (c Config) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: c.level(slog.LevelInfo)}
	if c.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(os.Stderr, options))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, options))
}

func secretKey(c *Config, value string) error {
	if len(value) < 32 {
		return errors.New("a key has at least 32 characters; `openssl rand -base64 32` makes one")
	}
	c.SecretKey = value
	return nil
}
