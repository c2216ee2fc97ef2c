package main

import (
	"context"
	"crypto/rand"
	"io"

	"github.com/google/uuid"

	"homecoming/market"
)

// fill gives a fresh database something to begin with: one empty company with an administrator, who may do
// everything in it.
func (h *household) fill(ctx context.Context, _ io.Writer, a *app) ([]account, error) {
	company, person, err := a.market.CreateCompany(ctx, market.NewCompany{
		Name: "株式会社はじめ", NameEN: "Hajime Inc.", AdminEmail: "admin@hajime.example", AdminFamilyName: "管理", AdminGivenName: "一郎",
	})
	if err != nil {
		return nil, err
	}
	admin, err := a.login(ctx, person.ID, rand.Text()[:16])
	if err != nil {
		return nil, err
	}
	admin.Role, admin.CompanyID = string(market.Administrator), company.ID
	return []account{admin}, nil
}

// login gives a person a password and a token.
func (a *app) login(ctx context.Context, person uuid.UUID, password string) (account, error) {
	who, err := a.market.ActorOf(ctx, person)
	if err != nil {
		return account{}, err
	}
	if err := a.market.SetPassword(ctx, who, "", password); err != nil {
		return account{}, err
	}
	token, _, err := a.market.CreateToken(ctx, who, "homecoming dev", nil)
	return account{Email: who.Email, Password: password, Token: token}, err
}
