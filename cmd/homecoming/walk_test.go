package main

import (
	"context"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"homecoming/cmd/homecoming/mainjob"
)

// inhabited is a `homecoming dev` with everything in it.
func inhabited(t *testing.T) info {
	t.Helper()
	r := start(t, home(t), "HOMECOMING_DEMO=1")
	t.Cleanup(func() {
		r.end(os.Interrupt)
		if t.Failed() {
			t.Log(r.said.String())
		}
	})
	return r.info
}

// login is the first account of a role.
func (i info) login(t *testing.T, role string) mainjob.Login {
	t.Helper()
	at := slices.IndexFunc(i.Accounts, func(a account) bool { return a.Role == role })
	if at < 0 {
		t.Fatalf("there is no %s among the logins", role)
	}
	return i.Accounts[at].login()
}

func (a account) login() mainjob.Login {
	return mainjob.Login{Email: a.Email, Password: a.Password, Role: a.Role, CompanyID: a.CompanyID.String(), Token: a.Token}
}

func (i info) client(t *testing.T, role string) *mainjob.Client {
	return mainjob.NewClient(func() string { return i.URL }, i.login(t, role))
}

// TestTheMainJobWalksByAPIToDifferenceZero goes from a posted task to a reconciliation without a difference, by five
// logins, beside all the demo's own work.
func TestTheMainJobWalksByAPIToDifferenceZero(t *testing.T) {
	i := inhabited(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	walk := &mainjob.Walk{Manager: i.client(t, "manager"), Alumna: i.client(t, "alumnus"), Finance: i.client(t, "finance"),
		Title: "法人税申告書の最終確認", Skills: []string{"法人税", "簿記", "Consolidation"}, Fee: 300_000, Parts: 2, Today: time.Now().Format(time.DateOnly)}
	if err := walk.Run(ctx); err != nil {
		t.Fatal(err)
	}
	wantSums(t, walk.Candidates)
	wantBalanced(ctx, t, i.client(t, "finance"))
	wantImport(ctx, t, i.client(t, "office"))
	wantTeam(ctx, t, i.client(t, "administrator"))
}

// wantSums holds each candidate to the promise that the parts shown sum to the score.
func wantSums(t *testing.T, list mainjob.Candidates) {
	t.Helper()
	for _, c := range list.Items {
		sum := c.Parts.Skills + c.Parts.Department + c.Parts.Tenure + c.Parts.Record
		if d := sum - c.Score; d > 0.001 || d < -0.001 || len(c.Reasons) == 0 {
			t.Errorf("%s: parts come to %.2f, score is %.2f, reasons %v", c.MembershipID, sum, c.Score, c.Reasons)
		}
	}
}

// wantBalanced reads every entry that finance sees and wants each to sum to zero.
func wantBalanced(ctx context.Context, t *testing.T, finance *mainjob.Client) {
	t.Helper()
	cursor, entries := "", 0
	for {
		var page struct {
			Items []struct {
				Kind     string
				Postings []struct {
					Account string
					Amount  mainjob.Money
				}
			}
			NextCursor string `json:"next_cursor"`
		}
		if err := finance.Do(ctx, "GET", "/api/v1/companies/"+finance.Login.CompanyID+"/ledger/entries?limit=100&cursor="+cursor, "", nil, &page); err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			var sum int64
			for _, p := range e.Postings {
				sum += p.Amount.Amount
			}
			if sum != 0 || len(e.Postings) < 2 {
				t.Errorf("an entry %s sums to %d: %+v", e.Kind, sum, e.Postings)
			}
		}
		entries += len(page.Items)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if entries < 8 {
		t.Errorf("finance sees only %d entries", entries)
	}
}

// wantImport lets the alumni office try a file with one good and one broken row.
func wantImport(ctx context.Context, t *testing.T, office *mainjob.Client) {
	t.Helper()
	file := "email,family_name,given_name,department,joined_on,left_on,skills\n" +
		"taro@former.example,川口,太郎,経理部,2015-04-01,2023-03-31,簿記:3\n" +
		"hanako@former.example,川口,花子,経理部,2015-04-01,2013-03-31,簿記:3\n"
	var run struct{ ID string }
	path := "/api/v1/companies/" + office.Login.CompanyID + "/alumni/import"
	if err := office.Do(ctx, http.MethodPost, path+"?dry_run=true", "", mainjob.CSV(file), &run); err != nil {
		t.Fatal(err)
	}
	var job struct {
		State  string
		Report struct {
			Created  int
			Rejected int
			Faults   []struct{ Line int }
		}
	}
	for job.State != "succeeded" && job.State != "failed" && ctx.Err() == nil {
		if err := office.Do(ctx, http.MethodGet, "/api/v1/jobs/"+run.ID, "", nil, &job); err != nil {
			t.Fatal(err)
		}
	}
	if job.State != "succeeded" || job.Report.Created != 1 || job.Report.Rejected != 1 || len(job.Report.Faults) != 1 || job.Report.Faults[0].Line != 3 {
		t.Errorf("the dry run came to %+v", job)
	}
}

func wantTeam(ctx context.Context, t *testing.T, administrator *mainjob.Client) {
	t.Helper()
	var team struct{ Items []struct{ Email string } }
	if err := administrator.Do(ctx, http.MethodGet, "/api/v1/companies/"+administrator.Login.CompanyID+"/team", "", nil, &team); err != nil {
		t.Fatal(err)
	}
	if len(team.Items) < 5 {
		t.Errorf("the administrator sees a team of %d", len(team.Items))
	}
}
