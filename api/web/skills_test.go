package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
	"homecoming/matching"
)

// own makes a name the company's own skill.
func (w *world) own(c *markettest.Company, name string) (id string) {
	w.Helper()
	w.Tx(func(tx *gorm.DB) (err error) {
		id, err = matching.ResolveSkill(tx, c.ID, name)
		return err
	})
	return id
}

// wordsAndSkills gives a company own skills, one of them merged, and words that mean nothing yet.
func (w *world) wordsAndSkills(c *markettest.Company, who markettest.Alumnus) string {
	w.Helper()
	id := w.own(c, "あおい台帳")
	_, err := w.fits.MergeOwnSkill(ctx, c.Office, w.own(c, "青い台帳"), id)
	w.Check(err)
	_, err = w.Market.UpdateProfile(ctx, who.Actor, market.ProfileEdit{Skills: &[]market.OwnSkill{{Skill: "茶の湯"}, {Skill: "PM"}}})
	w.Check(err)
	w.Tx(func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO person_words (person_id, key, words, evidence, company_id, level) VALUES (?, 'pm', 'PM', 'attested', ?, 3)", who.PersonID, c.ID).Error
	})
	return id
}

func TestTheOfficeKeepsTheCompanysOwnSkillsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	id := w.wordsAndSkills(aoi, aoi.Alumnus("高橋 由美"))
	b := w.as(aoi.Office, "en")
	list := b.get("/skills").is(http.StatusOK)
	for _, text := range []string{"あおい台帳", "青い台帳", "茶の湯", "PM", "Product management"} {
		if !strings.Contains(list.body, text) {
			t.Errorf("the list does not show %s", text)
		}
	}
	b.post("/skills/"+id, url.Values{"name_ja": {"あおい台帳"}, "name_en": {""}}).is(http.StatusUnprocessableEntity)
	b.post("/skills/"+id, url.Values{"name_ja": {"あおい台帳"}, "name_en": {"Blue ledger"}, "aliases": {"ledger X"}, "broader": {"Bookkeeping"}}).is(http.StatusSeeOther)
	b.post("/skills/words", url.Values{"words": {"PM"}, "skill": {"Project management"}}).is(http.StatusSeeOther)
	if w.Count("SELECT count(*) FROM person_skills WHERE skill_id = 'project-management' AND evidence = 'attested' AND typed = 'PM'") != 1 {
		t.Error("the words were not settled")
	}
	b.post("/skills/"+id+"/merge", url.Values{"into": {"Bookkeeping"}}).is(http.StatusSeeOther)
	if w.Count("SELECT count(*) FROM skills WHERE merged_into = 'bookkeeping'") != 2 {
		t.Error("not merged, or what was merged before leads nowhere")
	}
}

func TestAProfilesTextBecomesSkillsAndItsWordsAreSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	w.wordsAndSkills(aoi, yumi)
	b := w.as(yumi.Actor, "ja")
	typed := url.Values{"about": {"連結決算と法人税を8年。golangも少し。"}, "skills[0].skill": {"茶の湯"}, "skills[0].level": {"2"}}
	page := b.post("/profile/preview", typed).is(http.StatusOK)
	for _, chip := range []string{"連結決算", "法人税", "Go"} {
		if !strings.Contains(page.body, "+ "+chip) {
			t.Errorf("no chip for %s", chip)
		}
	}
	typed.Set("add", "連結決算")
	if page = b.post("/profile/preview", typed); !strings.Contains(page.body, `value="連結決算"`) || strings.Contains(page.body, "+ 連結決算") || !strings.Contains(page.body, `value="茶の湯"`) {
		t.Error("the chip did not become a row, or the words were lost")
	}
	b.post("/profile/words", url.Values{"words": {"PM"}, "skill": {"product-management"}}).is(http.StatusSeeOther)
	if w.Count("SELECT count(*) FROM person_skills WHERE skill_id = 'product-management' AND evidence = 'self'") != 1 {
		t.Error("the words were not settled")
	}
}

func TestReservedWorkAsksForTheLicenceAndWaitsForItsConfirmation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	task, err := w.Market.PostTask(ctx, aoi.Manager, market.TaskDraft{CompanyID: aoi.ID, Title: "申告書の作成", Skills: []market.WantedSkill{{Skill: "法人税申告"}}})
	w.Check(err)
	_, err = w.Market.PublishTask(ctx, aoi.Manager, task.ID)
	w.Check(err)
	path, day := "/tasks/"+task.ID.String(), w.Today().AddDays(20).String()
	manager, alumna := w.as(aoi.Manager, "en"), w.as(yumi.Actor, "ja")
	if page := manager.get(path); !strings.Contains(page.body, "certified tax accountant") {
		t.Error("the task does not say that it is reserved work")
	}
	offer := url.Values{"amount": {"100000"}, "deliver_on": {day}, "licences[0].licence": {"税理士"}}
	alumna.post(path+"/bids", offer).is(http.StatusUnprocessableEntity)
	offer.Set("licences[0].number", "123456")
	offer.Set("licences[0].body", "東京税理士会")
	alumna.post(path+"/bids", offer).is(http.StatusSeeOther)
	bids, err := w.Market.Bids(ctx, aoi.Manager, task.ID, uuid.Nil, 1)
	w.Check(err)
	if _, err := w.billing.AcceptBid(ctx, aoi.Manager, bids[0].ID, 1); err == nil {
		t.Fatal("accepted before anybody looked the number up")
	}
	bid, said := "/bids/"+bids[0].ID.String(), url.Values{"licence": {"税理士"}, "number": {"123456"}}
	if page := manager.get(bid); !strings.Contains(page.body, "123456") || !strings.Contains(page.body, "東京税理士会") {
		t.Error("the bid does not show the registration")
	}
	alumna.post(bid+"/licences", said).is(http.StatusForbidden)
	manager.post(bid+"/licences", said).is(http.StatusSeeOther)
	if _, err := w.billing.AcceptBid(ctx, aoi.Manager, bids[0].ID, 1); err != nil {
		t.Errorf("confirmed, but %v", err)
	}
}
