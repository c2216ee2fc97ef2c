package main

import (
	"context"
	"errors"
	"time"

	"homecoming/internal/mail"
)

// takeMail takes answers by mail, where an address for them is set, until the returned function is called.
func (a *app) takeMail(ctx context.Context) (stop func() error, err error) {
	if a.cfg.MailInAddr == "" {
		return func() error { return nil }, nil
	}
	if a.cfg.MailInDomain == "" {
		return nil, errors.New("MAIL_IN_DOMAIN is not set: without it nobody knows the addresses whose mails MAIL_IN_ADDR takes")
	}
	l, err := listen(ctx, a.cfg.MailInAddr, "MAIL_IN_ADDR")
	if err != nil {
		return nil, err
	}
	s := mail.NewLetterbox(a.cfg.MailInDomain, a.market.Letterbox())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	a.log.Info("taking answers by mail", "addr", l.Addr().String(), "domain", a.cfg.MailInDomain)
	return func() error {
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(patience); err != nil {
			return err
		}
		return <-ended
	}, nil
}
