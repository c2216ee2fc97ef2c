package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"homecoming/billing/stripesim"
)

// stripeStandIn runs the stand-in for Stripe as a process of its own, so that killing the product does not kill
// "Stripe". Its keys come from the same settings as the product's. The first line it prints is its address.
func stripeStandIn(ctx context.Context, out io.Writer, args []string) error {
	var s stripesim.Config
	err := flags(out, "stripe-stand-in", args, func(f *flag.FlagSet) {
		f.StringVar(&s.Addr, "addr", "127.0.0.1:0", "where it listens")
		f.StringVar(&s.Path, "file", "", "where it keeps everything; empty: in memory")
		f.StringVar(&s.PlatformWebhook.URL, "platform-webhook", "", "where events of the platform's account go")
		f.StringVar(&s.ConnectWebhook.URL, "connect-webhook", "", "where events of connected accounts go")
		f.TextVar(&s.Begins, "begins", time.Time{}, "where the clock of a new file stands; without: now")
		f.BoolVar(&s.InstantlyAvailable, "instant", true, "money is available and paid out at once")
	})
	if err != nil {
		return err
	}
	c, err := readConfig(os.LookupEnv, "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_CONNECT_WEBHOOK_SECRET")
	if err != nil {
		return err
	}
	s.SecretKey = c.StripeSecretKey
	s.PlatformWebhook.Secret, s.ConnectWebhook.Secret = c.StripeWebhookSecret, c.StripeConnectWebhookSecret
	s.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: c.level(slog.LevelInfo)}))
	server, err := stripesim.Open(s)
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return errors.Join(err, server.Close())
	}
	fmt.Fprintln(out, server.URL())
	<-ctx.Done()
	return server.Close()
}
