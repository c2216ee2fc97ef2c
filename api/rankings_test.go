package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"homecoming/market/markettest"
)

// crowded is a company with six who know bookkeeping and one who says so only.
func crowded(t *testing.T) (*world, *markettest.Company, []markettest.Alumnus, markettest.Alumnus, string) {
	t.Helper()
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	var able []markettest.Alumnus
	for _, name := range []string{"Ito Aki", "Kato Eri", "Mori Jun", "Abe Rei", "Oda Sho", "Ueno Mai"} {
		a := aoi.Alumnus(name)
		aoi.Attests(a, "bookkeeping", 3)
		able = append(able, a)
	}
	return w, aoi, able, aoi.Alumnus("Takahashi Yumi", markettest.Worked("Accounting", "2019-04-01", "2023-03-31")), "/api/v1/tasks/" + aoi.Task("Close the books", 300_000).ID.String()
}

func TestAListThatWasShownIsFoundAgainWithItsProof(t *testing.T) {
	w, aoi, _, _, at := crowded(t)
	list := w.as(aoi.Manager, "GET", at+"/candidates?limit=4", nil).wants(http.StatusOK).object()
	for _, item := range list["items"].([]any) {
		c := item.(tree)
		sum := 0.0
		for _, r := range c["breakdown"].([]any) {
			sum += r.(tree)["points"].(float64)
		}
		if math.Abs(sum-c["score"].(float64)) > 1e-9 || len(c["breakdown"].([]any)) != 4 || c["discovery"] != false {
			t.Errorf("%v does not add up", c)
		}
	}
	path := "/api/v1/rankings/" + list["id"].(string)
	for lang, want := range map[string]string{"en": "The skill asked for", "ja": "希望スキルあり"} {
		var again struct {
			Items       []tree
			Discoveries []tree
			Replays     bool
			Hash        string
			Inputs      json.RawMessage
			Formula     tree
		}
		w.as(aoi.Manager, "GET", path, nil, "Accept-Language: "+lang).wants(http.StatusOK).into(&again)
		sum := sha256.Sum256(again.Inputs)
		if !again.Replays || hex.EncodeToString(sum[:]) != again.Hash || len(again.Items) != 4 || again.Formula["version"] != 1.0 || again.Formula["skills"] != 65.0 {
			t.Fatalf("%+v", again)
		}
		if got := again.Items[0]["reasons"].([]any)[0]; got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	w.as(aoi.Manager, "GET", at+"/candidates?limit=5", nil).wants(http.StatusOK)
	first := w.as(aoi.Manager, "GET", at+"/rankings?limit=1", nil).wants(http.StatusOK).object()
	if items := first["items"].([]any); len(items) != 1 || items[0].(tree)["listed"] != 5.0 {
		t.Errorf("%v", first)
	}
	rest := w.as(aoi.Manager, "GET", at+"/rankings?limit=5&cursor="+first["next_cursor"].(string), nil).wants(http.StatusOK).object()
	if items := rest["items"].([]any); len(items) != 1 || items[0].(tree)["id"] != list["id"] {
		t.Errorf("%v", rest)
	}
}

func TestDiscoveriesAreApartAndLabelled(t *testing.T) {
	w, aoi, _, _, at := crowded(t)
	_, err := w.matching.Drain(context.Background())
	w.Check(err)
	list := w.as(aoi.Manager, "GET", at+"/candidates?limit=3", nil).wants(http.StatusOK).object()
	found := list["discoveries"].([]any)
	if len(list["items"].([]any)) != 3 || len(found) != 2 {
		t.Fatalf("%v", list)
	}
	for _, d := range found {
		if d.(tree)["discovery"] != true || strings.Contains(string(must(json.Marshal(list["items"]))), d.(tree)["membership_id"].(string)) {
			t.Errorf("%v", d)
		}
	}
	draft := w.as(aoi.Manager, "POST", "/api/v1/candidates", draft(aoi.ID, nil)).wants(http.StatusOK).object()
	if draft["id"] != nil || len(draft["discoveries"].([]any)) != 0 {
		t.Errorf("%v", draft)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestConstantsAreTheAdministratorsAndShownToAll(t *testing.T) {
	w, aoi, able, _, at := crowded(t)
	path := "/api/v1/companies/" + aoi.ID.String() + "/formula"
	mine := w.as(able[0].Actor, "GET", path, nil).wants(http.StatusOK).object()
	if mine["version"] != 1.0 || mine["own"] != false || mine["prior_mean"] != 4.0 {
		t.Errorf("%v", mine)
	}
	delete(mine, "own")
	mine["skills"], mine["tenure"] = 55.5, 29.5
	was := w.as(aoi.Administrator, "POST", at+"/formula-preview", without(mine, "version")).wants(http.StatusOK).object()
	set := w.as(aoi.Administrator, "PUT", path, mine).wants(http.StatusOK).object()
	list := w.as(aoi.Manager, "GET", at+"/candidates", nil).wants(http.StatusOK).object()
	first := list["items"].([]any)[0].(tree)
	if set["version"] != 2.0 || set["own"] != true || list["formula"] != 2.0 || first["parts"].(tree)["skills"] != 55.5 || first["score"] != was["would"].([]any)[0].(tree)["score"] {
		t.Errorf("%v %v %v", set, first, was)
	}
	w.as(aoi.Administrator, "PUT", path, mine).refuses(http.StatusConflict, "stale_version", "version")
	mine["version"], mine["skills"] = 2, 60
	w.as(aoi.Administrator, "PUT", path, mine).refuses(http.StatusUnprocessableEntity, "constants_sum", "skills")
	w.as(aoi.Manager, "PUT", path, mine).wants(http.StatusForbidden)
}

func without(t tree, key string) tree {
	out := tree{}
	for k, v := range t {
		if k != key {
			out[k] = v
		}
	}
	return out
}

func TestAStandingTellsWhatWouldLiftAndNothingOfAnybodyElse(t *testing.T) {
	w, aoi, able, yumi, at := crowded(t)
	answer := w.as(yumi.Actor, "GET", at+"/standing", nil, "Accept-Language: en").wants(http.StatusOK)
	mine := answer.object()
	lifts := mine["counterfactuals"].([]any)
	if mine["among"] != 10.0 || len(lifts) == 0 || len(lifts) > 3 {
		t.Fatalf("%v", mine)
	}
	if best := lifts[0].(tree); best["kind"] != "state_skill" || best["skill"] != "bookkeeping" || best["score"].(float64) < 65 || !strings.HasPrefix(best["text"].(string), "If you have Bookkeeping") {
		t.Errorf("%v", best)
	}
	others := w.as(aoi.Manager, "GET", at+"/candidates", nil).wants(http.StatusOK).object()["items"].([]any)
	for _, a := range able {
		for _, secret := range []string{a.Actor.Name, a.PersonID.String(), a.MembershipID.String()} {
			if secret != "" && strings.Contains(answer.Body.String(), secret) {
				t.Errorf("%s is told", secret)
			}
		}
	}
	own := string(must(json.Marshal(without(mine, "task"))))
	for _, o := range others {
		if c := o.(tree); c["membership_id"] != yumi.MembershipID.String() && strings.Contains(own, string(must(json.Marshal(c["score"])))) {
			t.Errorf("a rival's score %v is told: %s", c["score"], own)
		}
	}
}

func TestExposureIsForTheOffice(t *testing.T) {
	w, aoi, _, _, at := crowded(t)
	_, err := w.matching.Drain(context.Background())
	w.Check(err)
	w.as(aoi.Manager, "GET", at+"/candidates", nil).wants(http.StatusOK)
	path := "/api/v1/companies/" + aoi.ID.String() + "/exposure"
	e := w.as(aoi.Office, "GET", path, nil).wants(http.StatusOK).object()
	first := e["cohorts"].([]any)[0].(tree)
	if e["tasks"] != 1.0 || first["name"] != "new" || first["people"] != 7.0 || first["shown"] != 7.0 || e["withheld"] != false {
		t.Errorf("%v", e)
	}
	w.as(aoi.Office, "GET", path+"?from=2026-13-01", nil).wants(http.StatusUnprocessableEntity)
	w.as(aoi.Office, "GET", path+"?from=2026-12-02&to=2026-12-01", nil).refuses(http.StatusUnprocessableEntity, "out_of_range", "from")
	w.as(aoi.Manager, "GET", path, nil).wants(http.StatusForbidden)
}
