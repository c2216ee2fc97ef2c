package billing_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"homecoming/billing"
	"homecoming/internal/openbadge"
	"homecoming/market"
	"homecoming/market/markettest"
)

// signing has the market keep keys, which a world does not by itself.
func (w *world) signing() {
	w.Market = market.New(w.DB, w.Clock, markettest.Resolve, markettest.CheapPasswords, market.WithBox(testBox), market.WithAddress("https://home.test"))
	w.serve(w.gateway)
}

// putOnRecord does the jobs that put work on record.
func (w *world) putOnRecord() {
	w.Helper()
	var jobs [][]byte
	w.Check(w.DB.Gorm(ctx).Raw("SELECT args FROM river_job WHERE kind = 'billing.record' ORDER BY id").Scan(&jobs).Error)
	for _, args := range jobs {
		var j billing.RecordJob
		w.Check(json.Unmarshal(args, &j))
		for range 2 { // a job may be done again
			w.Check(w.billing.WorkRecord(ctx, j))
		}
	}
}

func TestAcceptedWorkIsSignedOnceWithoutItsPrice(t *testing.T) {
	w := newWorld(t)
	w.signing()
	w.onboard()
	c := w.contract()(123_457, 76_543)
	w.fund(c.Milestones[0])
	w.deliver(c.Milestones[0])
	_, err := w.billing.Accept(ctx, w.aoi.Manager, c.Milestones[0].ID)
	w.Check(err)
	w.putOnRecord()

	list, err := w.Market.Records(ctx, w.yumi.Actor)
	w.Check(err)
	if len(list) != 1 || list[0].Title != "Close the books — Part A" || list[0].CompanyName != w.aoi.Name || *list[0].MilestoneID != c.Milestones[0].ID {
		t.Fatalf("%+v", list)
	}
	keys, err := w.Market.IssuerKeys(ctx, w.aoi.ID)
	w.Check(err)
	said, by, err := openbadge.Read(list[0].Token, keys.Keys, w.Clock.Now())
	if err != nil || by != list[0].KeyID {
		t.Fatalf("%v by %s", err, by)
	}
	issuer, err := w.Market.Issuer(ctx, w.aoi.ID)
	w.Check(err)
	if said.Issuer.ID != issuer.ID || said.ID != list[0].CredentialID() || said.Status.ID != issuer.ID+"/revocations" || !said.Subject.Identifier[1].Is(w.yumi.Actor.Email) {
		t.Errorf("%+v", said)
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(list[0].Token, ".")[1])
	w.Check(err)
	for _, secret := range []string{"123457", "123,457", "200000", "JPY", w.yumi.Actor.Email} {
		if strings.Contains(string(body), secret) {
			t.Errorf("it tells %q: %s", secret, body)
		}
	}
	if found, err := w.Market.CheckRecord(ctx, list[0].Token+"\n"); err != nil || found.ID != list[0].ID {
		t.Errorf("%+v: %v", found, err)
	}
	w.wantErr(func() error { _, err := w.Market.Record(ctx, w.aoi.Manager, list[0].ID); return err }(), market.ErrNotFound)
}

func TestARevokedRecordIsListedAndShownNoMore(t *testing.T) {
	w := newWorld(t)
	w.signing()
	w.onboard()
	c := w.contract()(100_000)
	w.fund(c.Milestones[0])
	w.deliver(c.Milestones[0])
	_, err := w.billing.Accept(ctx, w.aoi.Manager, c.Milestones[0].ID)
	w.Check(err)
	w.putOnRecord()
	list, err := w.Market.Records(ctx, w.yumi.Actor)
	w.Check(err)
	id := list[0].ID

	slug, err := w.Market.SetRecordPage(ctx, w.yumi.Actor, true)
	w.Check(err)
	shown := func() int {
		_, list, err := w.Market.PublicRecords(ctx, slug)
		w.Check(err)
		return len(list)
	}
	if n := shown(); n != 0 {
		t.Errorf("%d are shown that nobody chose", n)
	}
	w.Check(w.Market.ShowRecord(ctx, w.yumi.Actor, id, true))
	if n := shown(); n != 1 {
		t.Errorf("%d are shown", n)
	}
	for _, who := range []market.Actor{w.aoi.Manager, w.yumi.Actor} {
		w.wantErr(w.Market.RevokeRecord(ctx, who, id, "It was another's work."), market.ErrForbidden)
	}
	w.wantErr(w.Market.RevokeRecord(ctx, w.Company("Ben").Office, id, "It was another's work."), market.ErrNotFound)
	w.wantErr(w.Market.RevokeRecord(ctx, w.aoi.Office, id, " "), market.ErrRequired)
	w.Check(w.Market.RevokeRecord(ctx, w.aoi.Office, id, "It was another's work."))
	w.wantErr(w.Market.RevokeRecord(ctx, w.aoi.Office, id, "Twice."), market.ErrRevoked)
	w.wantErr(w.Market.ShowRecord(ctx, w.yumi.Actor, id, true), market.ErrRevoked)
	if n := shown(); n != 0 {
		t.Errorf("%d are shown after it was revoked", n)
	}
	if n := w.Count("SELECT count(*) FROM river_job WHERE args->>'letter' = 'record_revoked' AND args->>'path' = '/profile/records'"); n != 1 {
		t.Errorf("%d letters lead to the page where it stands", n)
	}
	revoked, err := w.Market.Revocations(ctx, w.aoi.ID)
	w.Check(err)
	if !slices.Contains(revoked.Revoked, openbadge.Revoked{ID: list[0].CredentialID(), Revoked: true}) {
		t.Errorf("%+v", revoked)
	}
	_, err = w.Market.SetRecordPage(ctx, w.yumi.Actor, false)
	w.Check(err)
	for _, gone := range []string{slug, "", "\x00", "\xff", strings.Repeat("a", 43)} {
		if _, _, err := w.Market.PublicRecords(ctx, gone); !errors.Is(err, market.ErrNotFound) {
			t.Errorf("%q: %v", gone, err)
		}
	}
}

// TestALostKeyGivesWayToANewOne: what the lost one signed is checked as before.
func TestALostKeyGivesWayToANewOne(t *testing.T) {
	w := newWorld(t)
	w.signing()
	w.onboard()
	c := w.contract()(100_000, 50_000)
	for i, m := range c.Milestones {
		w.fund(m)
		w.deliver(m)
		_, err := w.billing.Accept(ctx, w.aoi.Manager, m.ID)
		w.Check(err)
		w.putOnRecord()
		if i == 0 {
			w.Exec("UPDATE signing_keys SET sealed = 'sealed with another'::bytea")
		}
	}
	keys, err := w.Market.IssuerKeys(ctx, w.aoi.ID)
	w.Check(err)
	list, err := w.Market.Records(ctx, w.yumi.Actor)
	w.Check(err)
	if len(keys.Keys) != 2 || len(list) != 2 || list[0].KeyID == list[1].KeyID {
		t.Fatalf("%d keys, %d records", len(keys.Keys), len(list))
	}
	for _, r := range list {
		if _, _, err := openbadge.Read(r.Token, keys.Keys, w.Clock.Now()); err != nil {
			t.Error(err)
		}
	}
}
