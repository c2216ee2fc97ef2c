package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"

	"homecoming/market"
)

// company begins and lists companies: homecoming company create -name 株式会社あおい -admin hikaru@aoi.example
func company(ctx context.Context, out io.Writer, args []string) error {
	return subcommand(ctx, out, "company", `homecoming company create -name NAME -admin ADDRESS [-operator] …   prints the link by which they come in
homecoming company list
homecoming company fee -company ID -bp 500    basis points on top of fees; contracts keep what they agreed
`, args, map[string]action{"create": createCompany, "list": listCompanies, "fee": setFee})
}

// operator says who runs the installation: homecoming operator add -company ID -email hikaru@aoi.example
func operator(ctx context.Context, out io.Writer, args []string) error {
	return subcommand(ctx, out, "operator", `homecoming operator add -company ID -email ADDRESS    somebody with a role at that company
homecoming operator list
homecoming operator remove -email ADDRESS
`, args, map[string]action{"add": addOperator, "list": listOperators, "remove": removeOperator})
}

// createCompany begins a company with its first administrator and prints the link by which they come in; the letter that the
// queue sends has one as well.
func createCompany(ctx context.Context, out io.Writer, args []string) error {
	var n market.NewCompany
	var fee int64
	var runs bool
	err := flags(out, "company create", args, func(f *flag.FlagSet) {
		f.StringVar(&n.Name, "name", "", "the company's name")
		f.StringVar(&n.NameEN, "name-en", "", "its name in English")
		f.StringVar(&n.AdminEmail, "admin", "", "the address of its first administrator")
		f.StringVar(&n.AdminFamilyName, "family-name", "", "theirs")
		f.StringVar(&n.AdminGivenName, "given-name", "", "theirs")
		f.StringVar(&n.Language, "language", "ja", "ja or en: what its people read at first")
		f.StringVar(&n.Currency, "currency", "JPY", "what it pays in")
		f.StringVar(&n.TimeZone, "time-zone", "Asia/Tokyo", "where its days begin")
		f.Int64Var(&fee, "fee", 500, "what it is charged on top of fees, in basis points: 500 is 5 %")
		f.BoolVar(&runs, "operator", false, "its administrator runs the installation too")
	})
	if err != nil {
		return err
	}
	n.PlatformFeeBP = &fee
	return withMarket(ctx, func(conf Config, m *market.Service) error { return beginCompany(ctx, out, conf, m, n, runs) })
}

// beginCompany does that.
func beginCompany(ctx context.Context, out io.Writer, conf Config, m *market.Service, n market.NewCompany, runs bool) error {
	c, admin, err := m.CreateCompany(ctx, n)
	if err != nil {
		return err
	}
	if runs {
		err = m.MakeOperator(ctx, c.ID, admin.ID)
	}
	link, linked := m.FirstLink(ctx, c.ID, admin.ID)
	fmt.Fprintf(out, "company  %s  %s\n", c.ID, c.Name)
	switch {
	case linked != nil:
	case link == "":
		fmt.Fprintf(out, "%s has an account: they take the role by the letter that the queue sends them\n", n.AdminEmail)
	default:
		fmt.Fprintf(out, "once, within 14 days, %s comes in at\n  %s/link/%s\n", n.AdminEmail, strings.TrimSuffix(cmp.Or(conf.URL, "http://"+conf.Addr), "/"), link)
	}
	return errors.Join(err, linked)
}

func listCompanies(ctx context.Context, out io.Writer, args []string) error {
	if err := flags(out, "company list", args, noFlags); err != nil {
		return err
	}
	return withMarket(ctx, func(_ Config, m *market.Service) error {
		list, err := m.Companies(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, c := range list {
			fmt.Fprintf(table, "%s\t%s\t%s\t%d bp\t%d alumni\t%s\n", c.ID, c.Name, c.Currency, c.PlatformFeeBP, c.Alumni, c.Administrators)
		}
		return table.Flush()
	})
}

// setFee sets what a company is charged from now on; its contracts keep what they agreed.
func setFee(ctx context.Context, out io.Writer, args []string) error {
	var id uuid.UUID
	bp := int64(-1)
	err := flags(out, "company fee", args, func(f *flag.FlagSet) {
		f.TextVar(&id, "company", uuid.Nil, "its id, see company list")
		f.Int64Var(&bp, "bp", -1, "basis points: 500 is 5 %")
	})
	if err != nil {
		return err
	}
	return withMarket(ctx, func(_ Config, m *market.Service) error {
		if err := m.SetPlatformFee(ctx, id, bp); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s is charged %d basis points from now on\n", id, bp)
		return nil
	})
}

// addOperator lets somebody of a company run the installation.
func addOperator(ctx context.Context, out io.Writer, args []string) error {
	var id uuid.UUID
	var email string
	err := flags(out, "operator add", args, func(f *flag.FlagSet) {
		f.TextVar(&id, "company", uuid.Nil, "the company they are at, see company list")
		f.StringVar(&email, "email", "", "their address")
	})
	if err != nil {
		return err
	}
	return withMarket(ctx, func(_ Config, m *market.Service) error {
		person, err := m.ColleagueAt(ctx, id, email)
		if err != nil {
			return err
		}
		if err := m.MakeOperator(ctx, id, person); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s runs the installation\n", email)
		return nil
	})
}

func listOperators(ctx context.Context, out io.Writer, args []string) error {
	if err := flags(out, "operator list", args, noFlags); err != nil {
		return err
	}
	return withMarket(ctx, func(_ Config, m *market.Service) error {
		list, err := m.OperatorLines(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, o := range list {
			fmt.Fprintf(table, "%s\t%s\t%s\n", o.Email, o.Name, o.Company)
		}
		return table.Flush()
	})
}

func removeOperator(ctx context.Context, out io.Writer, args []string) error {
	var email string
	err := flags(out, "operator remove", args, func(f *flag.FlagSet) { f.StringVar(&email, "email", "", "their address") })
	if err != nil {
		return err
	}
	return withMarket(ctx, func(_ Config, m *market.Service) error {
		if err := m.EndOperator(ctx, email); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s runs the installation no more\n", email)
		return nil
	})
}
