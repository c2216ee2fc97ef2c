package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"homecoming/billing"
	"homecoming/market"
	"homecoming/matching"
)

// errUnwell is returned after the faults were printed.
var errUnwell = errors.New("not everything is well")

// doctor looks at every part that the configuration names and says what it found, one line each, and compares the search
// indexes with the database, document by document. With -mend it writes those documents again that are not as they should
// be. With -ready it only asks the server of this machine whether it is ready, which is what a container's health check
// calls.
func doctor(ctx context.Context, out io.Writer, args []string) error {
	var onlyReady, mend bool
	err := flags(out, "doctor", args, func(f *flag.FlagSet) {
		f.BoolVar(&onlyReady, "ready", false, "ask only whether the server here is ready")
		f.BoolVar(&mend, "mend", false, "write what is off in the search indexes again, and nothing else")
	})
	if err != nil {
		return err
	}
	whole := ctx // the indexes may be large; the rest answers soon or not at all
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if onlyReady {
		c, err := readConfig(os.LookupEnv)
		if err != nil {
			return err
		}
		return ready(ctx, c.Addr)
	}
	c, err := readConfig(os.LookupEnv, serveNeeds...)
	err = report(out, "configuration", err)
	if c.DatabaseURL != "" {
		err = errors.Join(err, checkDatabase(ctx, out, c.DatabaseURL), checkErasures(ctx, out, c))
	}
	if c.MeiliURL != "" {
		err = errors.Join(err, report(out, "meilisearch", answers(ctx, c.MeiliURL+"/health")))
	}
	if c.DatabaseURL != "" {
		err = errors.Join(err, checkIndexes(whole, out, c, mend))
	}
	if err != nil {
		return errUnwell
	}
	return nil
}

// report prints how a part is and gives its fault back.
func report(out io.Writer, part string, fault error) error {
	if fault != nil {
		fmt.Fprintf(out, "BAD  %s: %v\n", part, fault)
	} else {
		fmt.Fprintf(out, "ok   %s\n", part)
	}
	return fault
}

func checkDatabase(ctx context.Context, out io.Writer, url string) error {
	d, err := openChecked(ctx, url)
	if report(out, "database and schema", err) != nil {
		return err
	}
	defer d.Close()
	return report(out, "every entry of the ledger sums to zero", billing.CheckLedger(ctx, d))
}

// checkErasures looks whether whoever was forgotten is, and would be after a restore.
func checkErasures(ctx context.Context, out io.Writer, c Config) error {
	d, err := openChecked(ctx, c.DatabaseURL)
	if err != nil {
		return err // which was said already
	}
	defer d.Close()
	const part = "whoever was forgotten is, and stays so after a restore"
	m, err := eraser(c, d)
	if err != nil {
		return report(out, part, err)
	}
	returned, err := m.Returned(ctx)
	if err == nil && len(returned) > 0 {
		err = fmt.Errorf("%d people are back from a restored backup; homecoming erasures apply forgets them again", len(returned))
	}
	var begun int64
	if err == nil && c.ErasuresURL == "" {
		err = d.Gorm(ctx).Model(&market.Erasure{}).Where("begun_at IS NOT NULL").Count(&begun).Error
	}
	if begun > 0 {
		err = fmt.Errorf("ERASURES_URL is not set: a restored backup would bring %d people back", begun)
	}
	return report(out, part, err)
}

// mostTold is how many documents are named; the counts tell of the rest.
const mostTold = 20

// checkIndexes compares the indexes with the facts, and mends them where it should.
func checkIndexes(ctx context.Context, out io.Writer, c Config, mend bool) error {
	d, err := openChecked(ctx, c.DatabaseURL)
	if err != nil {
		return err // which was said already
	}
	defer d.Close()
	told := 0
	all, err := rank(c, d).Examine(ctx, mend, func(d matching.Drift) {
		if told++; told <= mostTold {
			fmt.Fprintf(out, "     %s: %s %s, company %s\n", d.Index, d.Kind, d.ID, d.Company)
		}
	})
	if err != nil {
		return report(out, "search indexes", err)
	}
	for _, e := range all {
		err = errors.Join(err, report(out, "index "+e.Index+": "+summary(e), fault(e, out)))
	}
	return err
}

func summary(e matching.Examination) string {
	var want, have int
	for _, c := range e.Companies {
		want, have = want+c.Want, have+c.Have
	}
	text := fmt.Sprintf("%d documents of %d", have, want)
	if e.Behind > 0 {
		text += fmt.Sprintf(", %d about to be written", e.Behind)
	}
	if e.Mended > 0 {
		text += fmt.Sprintf(", %d mended", e.Mended)
	}
	return text
}

// fault says what is wrong with an index, and in which companies the counts differ.
func fault(e matching.Examination, out io.Writer) error {
	if e.Err != nil || e.Sound() {
		return e.Err
	}
	for company, c := range e.Companies {
		if c.Want != c.Have {
			fmt.Fprintf(out, "     %s: company %s has %d documents of %d\n", e.Index, company, c.Have, c.Want)
		}
	}
	return fmt.Errorf("drift: %d missing, %d changed, %d extra; homecoming doctor -mend writes them again",
		e.Drift[matching.Missing], e.Drift[matching.Changed], e.Drift[matching.Extra])
}

// ready asks the server that listens on addr; one that listens everywhere is asked on loopback.
func ready(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return answers(ctx, "http://"+net.JoinHostPort(host, port)+"/readyz")
}

// answers reports nil when a GET of the address is answered with 200.
func answers(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, res.Status)
	}
	return nil
}
