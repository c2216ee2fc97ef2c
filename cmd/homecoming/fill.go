package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"homecoming/cmd/homecoming/demo"
	"homecoming/market"
)

// fill gives a fresh database something to begin with: the demo, or with HOMECOMING_DEMO=0 one empty company. The
// logins share one password, made for this installation.
func (h *household) fill(ctx context.Context, out io.Writer, a *app) ([]account, error) {
	seats, err := h.seats(ctx, out, a)
	if err != nil {
		return nil, err
	}
	password := strings.ToLower(rand.Text()[:12])
	accounts := make([]account, len(seats))
	for i, seat := range seats {
		if accounts[i], err = a.login(ctx, seat, password); err != nil {
			return nil, err
		}
	}
	return accounts, nil
}

func (h *household) seats(ctx context.Context, out io.Writer, a *app) ([]demo.Seat, error) {
	if h.cfg.Demo {
		fmt.Fprintln(out, "filling in the demo, which takes a moment once")
		return demo.Fill(ctx, demo.Rooms{Market: a.market, Matching: a.matching, Billing: a.billing, Now: h.late.Now, Late: h.late.Left, Forward: h.late.Forward, StandIn: h.cfg.StripeAPIBase,
			Say: func(line string) { fmt.Fprintln(out, " ", line) }})
	}
	company, person, err := a.market.CreateCompany(ctx, market.NewCompany{
		Name: "株式会社はじめ", NameEN: "Hajime Inc.", AdminEmail: "admin@hajime.example", AdminFamilyName: "管理", AdminGivenName: "一郎",
	})
	return []demo.Seat{{PersonID: person.ID, Role: market.Administrator, CompanyID: company.ID}}, err
}

// login gives somebody a password and a token.
func (a *app) login(ctx context.Context, seat demo.Seat, password string) (account, error) {
	who, err := a.market.ActorOf(ctx, seat.PersonID)
	if err != nil {
		return account{}, err
	}
	if err := a.market.SetPassword(ctx, who, "", password); err != nil {
		return account{}, err
	}
	token, _, err := a.market.CreateToken(ctx, who, "homecoming dev", nil)
	return account{Email: who.Email, Password: password, Role: string(seat.Role), CompanyID: seat.CompanyID, Token: token}, err
}
