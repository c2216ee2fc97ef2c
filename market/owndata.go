package market

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/cell"
)

// An OwnTable is one kind of thing that is kept about a person, as they may take it out: a file's name, and the rows for
// @person, with @blind for when the other side's reviews could be read. Secrets and what is another person's own stay behind.
type OwnTable struct{ Name, Query string }

// OwnTables are what this room keeps about a person. Whom a company keeps away, and why, is not among them: it is what the
// company says of the person, and theirs to ask the company for.
var OwnTables = []OwnTable{
	{"profile", `SELECT id, email, family_name, given_name, family_kana, given_kana, language, hourly_rate, rate_currency, available_from, registration_number,
		corporate_name, non_resident, shown_to, introduction, portfolio, languages, audiences, first_sign_in_at, created_at FROM people WHERE id = @person`},
	{"calendar", `SELECT from_on, until_on, hours FROM availability_periods WHERE person_id = @person ORDER BY from_on`},
	{"memberships", `SELECT m.id, c.name AS company, m.email, m.hidden, m.outside, m.invited_at, m.joined_at, m.created_at
		FROM memberships m JOIN companies c ON c.id = m.company_id WHERE m.person_id = @person ORDER BY m.created_at, m.id`},
	{"stints", `SELECT c.name AS company, d.name AS department, s.entity, s.joined_on, s.left_on FROM stints s JOIN memberships m ON m.id = s.membership_id
		JOIN companies c ON c.id = m.company_id LEFT JOIN departments d ON d.id = s.department_id WHERE m.person_id = @person ORDER BY s.joined_on, s.id`},
	{"skills", `SELECT k.id AS skill, k.name_en, k.name_ja, h.level, h.evidence, c.name AS company, h.typed, h.about, h.links, h.updated_at FROM person_skills h
		JOIN skills k ON k.id = h.skill_id LEFT JOIN companies c ON c.id = h.company_id WHERE h.person_id = @person ORDER BY k.id, h.evidence, c.name`},
	{"words", `SELECT w.words, w.level, w.evidence, c.name AS company, w.created_at FROM person_words w LEFT JOIN companies c ON c.id = w.company_id
		WHERE w.person_id = @person ORDER BY w.words, w.evidence`},
	{"consents", `SELECT x.purpose, c.name AS company, x.choice, x.wording, x.how, x.given_at FROM consents x LEFT JOIN companies c ON c.id = x.company_id
		WHERE x.person_id = @person ORDER BY x.id`},
	{"conduct_agreements", `SELECT c.name AS company, a.wording, a.agreed_at FROM conduct_agreements a JOIN companies c ON c.id = a.company_id
		WHERE a.person_id = @person ORDER BY a.agreed_at, c.name`},
	{"reports", `SELECT k.id, c.name AS company, k.category, k.subject, k.state, k.outcome, k.received_on, k.acknowledged_at, k.answered_at, k.closed_at FROM reports k
		JOIN companies c ON c.id = k.company_id WHERE k.reporter_id = @person ORDER BY k.received_on, k.id`},
	{"report_entries", `SELECT e.report_id AS report, e.side, e.text, e.on_day FROM report_entries e JOIN reports k ON k.id = e.report_id
		WHERE k.reporter_id = @person AND e.side <> 'note' ORDER BY e.report_id, e.position`},
	{"suspensions", `SELECT c.name AS company, s.reason, s.until_on, s.decided_at FROM suspensions s JOIN companies c ON c.id = s.company_id
		WHERE s.person_id = @person AND s.state IN ('held', 'lifted') ORDER BY s.decided_at, s.id`},
	{"companies_kept_away", `SELECT c.name AS company, b.from_on, b.until_on, b.made_at, b.lifted_at FROM bars b JOIN companies c ON c.id = b.company_id
		WHERE b.person_id = @person AND b.kind = 'by_person' ORDER BY b.made_at`},
	{"proposed_links", `SELECT c.name AS company, l.state, l.created_at FROM link_proposals l JOIN companies c ON c.id = l.company_id WHERE l.person_id = @person ORDER BY l.created_at`},
	{"roles", `SELECT c.name AS company, coalesce(o.name, g.role) AS role, g.granted_at, g.accepted_at FROM role_grants g JOIN companies c ON c.id = g.company_id
		LEFT JOIN custom_roles o ON o.id = g.custom_id WHERE g.person_id = @person ORDER BY g.granted_at, g.role`},
	{"directory_accounts", `SELECT c.name AS company, a.user_name, a.external_id, a.email, a.family_name, a.given_name, a.active, a.created_at, a.changed_at,
			(SELECT string_agg(g.name, ', ' ORDER BY g.name) FROM provisioned_members m JOIN provisioned_groups g ON g.id = m.group_id WHERE m.account_id = a.id) AS groups
		FROM provisioned_accounts a JOIN companies c ON c.id = a.company_id WHERE a.person_id = @person ORDER BY a.created_at, a.id`},
	{"invitations", `SELECT c.name AS company, t.title AS task, i.state, i.created_at FROM invitations i JOIN memberships m ON m.id = i.membership_id
		JOIN companies c ON c.id = i.company_id JOIN tasks t ON t.id = i.task_id WHERE m.person_id = @person ORDER BY i.created_at, i.id`},
	{"bids", `SELECT b.id, c.name AS company, t.title AS task, b.state, b.version, b.offered_by, b.amount, b.currency, b.deliver_on, b.message, b.milestones, b.hourly, b.created_at, b.updated_at
		FROM bids b JOIN companies c ON c.id = b.company_id JOIN tasks t ON t.id = b.task_id WHERE b.person_id = @person ORDER BY b.created_at, b.id`},
	{"offers", `SELECT v.bid_id AS bid, v.version, v.offered_by, v.amount, v.deliver_on, v.message, v.milestones, v.hourly, v.created_at FROM bid_versions v
		JOIN bids b ON b.id = v.bid_id WHERE b.person_id = @person ORDER BY v.created_at, v.bid_id, v.version`},
	{"reviews", `SELECT c.name AS company, r.by_side, r.rating, r.text, r.created_at FROM reviews r JOIN companies c ON c.id = r.company_id
		WHERE r.person_id = @person AND (r.by_side = 'alumnus' OR r.created_at <= @blind
			OR EXISTS (SELECT 1 FROM reviews o WHERE o.contract_id = r.contract_id AND o.by_side = 'alumnus')) ORDER BY r.created_at, r.id`},
	{"sessions", `SELECT s.browser, s.address, c.name AS through, s.began_at, s.seen_at, s.ended_at FROM person_sessions s LEFT JOIN companies c ON c.id = s.company_id
		WHERE s.person_id = @person ORDER BY s.began_at, s.id`},
	{"passkeys", `SELECT name, created_at, last_used_at FROM passkeys WHERE person_id = @person ORDER BY created_at`},
	{"tokens", `SELECT t.name, t.scopes, c.name AS company, t.expires_at, t.last_used_at, t.revoked_at, t.created_at FROM tokens t LEFT JOIN companies c ON c.id = t.company_id
		WHERE t.person_id = @person ORDER BY t.created_at, t.id`},
	{"company_accounts", `SELECT c.name AS company, s.issuer, s.subject, s.email, s.linked_at, s.used_at FROM provider_subjects s JOIN companies c ON c.id = s.company_id
		WHERE s.person_id = @person ORDER BY s.linked_at`},
	{"claims", `SELECT c.name AS company, k.department, k.joined_on, k.left_on, k.note, k.state, k.verified_by, k.reason, k.asked_at, k.decided_at FROM claims k
		JOIN companies c ON c.id = k.company_id WHERE k.person_id = @person ORDER BY k.asked_at, k.id`},
	{"claim_colleagues", `SELECT k.id AS claim, w.email FROM claim_witnesses w JOIN claims k ON k.id = w.claim_id WHERE k.person_id = @person ORDER BY k.id, w.position`},
	{"claims_answered", `SELECT c.name AS company, w.answer, w.answered_at FROM claim_witnesses w JOIN claims k ON k.id = w.claim_id JOIN companies c ON c.id = k.company_id
		WHERE w.person_id = @person AND w.answer <> '' ORDER BY w.answered_at`},
	{"attestations_asked", `SELECT c.name AS company, r.email, r.asked_at FROM attestation_requests r JOIN companies c ON c.id = r.company_id WHERE r.person_id = @person ORDER BY r.asked_at`},
	{"attestations_given", `SELECT c.name AS company, h.skill_id AS skill, h.level, h.updated_at FROM person_skills h JOIN companies c ON c.id = h.company_id
		WHERE h.attested_by = @person ORDER BY h.updated_at, h.skill_id`},
	{"farewells", `SELECT c.name AS company, f.leaves_on, f.sent, f.answer, f.answered_at FROM farewells f JOIN memberships m ON m.id = f.membership_id
		JOIN companies c ON c.id = f.company_id WHERE m.person_id = @person ORDER BY f.leaves_on`},
	{"work_records", `SELECT r.id, c.name AS company, r.title, r.skills, r.began_on, r.accepted_on, r.issued_at, r.shown, r.revoked_at, r.reason, r.token FROM work_records r
		JOIN companies c ON c.id = r.company_id WHERE r.person_id = @person ORDER BY r.id`},
	{"who_looked", `SELECT l.day, c.name AS company, l.role, CASE WHEN l.named THEN name_of(v) END AS name FROM profile_looks l JOIN companies c ON c.id = l.company_id
		JOIN people v ON v.id = l.viewer_id WHERE l.person_id = @person ORDER BY l.day, c.name, l.role, l.viewer_id`},
	{"where_i_looked", `SELECT l.day, c.name AS company, l.role, l.person_id AS person FROM profile_looks l JOIN companies c ON c.id = l.company_id
		WHERE l.viewer_id = @person ORDER BY l.day, c.name, l.person_id`},
	{"messages_written", `SELECT m.id, c.name AS company, k.title AS task, t.kind AS about, m.body, m.sent_at FROM messages m JOIN threads t ON t.id = m.thread_id
		LEFT JOIN tasks k ON k.id = t.task_id JOIN companies c ON c.id = m.company_id WHERE m.author_id = @person ORDER BY m.sent_at, m.id`},
	{"files_given", `SELECT id, name, media, bytes, subject, made_at FROM files WHERE uploader_id = @person AND dropped_at IS NULL ORDER BY id`},
	{"event_answers", `SELECT c.name AS company, e.title AS event, e.starts_at, r.state, r.way, r.guests, r.answered_at, r.updated_at,
		(SELECT t.came_at FROM event_tickets t WHERE t.rsvp_id = r.id AND t.position = 0) AS came_at
		FROM rsvps r JOIN events e ON e.id = r.event_id JOIN companies c ON c.id = r.company_id WHERE r.person_id = @person ORDER BY e.starts_at, e.id`},
	{"event_invitations", `SELECT c.name AS company, e.title AS event, i.sent_at FROM event_invitations i JOIN events e ON e.id = i.event_id
		JOIN companies c ON c.id = i.company_id WHERE i.person_id = @person ORDER BY i.sent_at, e.id`},
	{"events_hosted", `SELECT c.name AS company, e.title AS event, h.added_at FROM event_hosts h JOIN events e ON e.id = h.event_id
		JOIN companies c ON c.id = h.company_id WHERE h.person_id = @person ORDER BY h.added_at, e.id`},
	{"event_questions", `SELECT e.title AS event, q.text, q.anonymous, q.asked_at, q.answer, q.hidden_reason FROM event_questions q
		JOIN events e ON e.id = q.event_id WHERE q.person_id = @person ORDER BY q.asked_at, q.id`},
	{"event_votes", `SELECT e.title AS event, v.question_id AS question, v.voted_at FROM event_votes v JOIN events e ON e.id = v.event_id
		WHERE v.person_id = @person ORDER BY v.voted_at, v.question_id`},
	{"event_feedback", `SELECT e.title AS event, f.rating, f.words, f.given_at FROM event_feedback f JOIN events e ON e.id = f.event_id
		WHERE f.person_id = @person ORDER BY f.given_at, e.id`},
	{"referrals", `SELECT c.name AS company, p.name AS programme, r.number, r.state, st.name AS stage, r.organisation, r.contact_name, r.contact_email, r.why, r.answers, r.relation, r.relation_note,
		r.terms, r.licence_number, r.licence_body, e.title AS event, r.created_at, r.agreed_at, r.holds_until, r.ended_at, r.reason FROM referrals r JOIN companies c ON c.id = r.company_id
		JOIN referral_programmes p ON p.id = r.programme_id LEFT JOIN referral_stages st ON st.id = r.stage_id LEFT JOIN events e ON e.id = r.event_id
		WHERE r.person_id = @person ORDER BY r.created_at, r.id`},
	{"referral_news", `SELECT c.name AS company, r.number, m.did, st.name AS stage, m.told, m.at FROM referral_moves m JOIN referrals r ON r.id = m.referral_id
		JOIN companies c ON c.id = r.company_id LEFT JOIN referral_stages st ON st.id = m.stage_id WHERE r.person_id = @person ORDER BY m.at, m.id`},
	{"referral_fees", `SELECT c.name AS company, r.number, f.period, f.revenue, f.amount, f.currency, f.reported_at FROM referral_fees f JOIN referrals r ON r.id = f.referral_id
		JOIN companies c ON c.id = f.company_id WHERE r.person_id = @person ORDER BY f.reported_at, f.id`},
	{"notifications", `SELECT c.name AS company, n.kind, n.title_en, n.title_ja, n.path, n.made_at, n.read_at, n.mailed_at FROM notices n
		LEFT JOIN companies c ON c.id = n.company_id WHERE n.person_id = @person ORDER BY n.made_at, n.id`},
	{"notification_settings", `SELECT zone, quiet_from, quiet_to, digest_hour, digest_day, ways, updated_at FROM notice_settings WHERE person_id = @person`},
	{"feeds", `SELECT kind, made_at FROM calendar_feeds WHERE person_id = @person ORDER BY kind`},
	{"return_interests", `SELECT c.name AS company, i.openness, i.roles, i.hours, i.place, i.from_on, i.note, i.said_at, i.expires_on FROM return_interests i
		JOIN companies c ON c.id = i.company_id WHERE i.person_id = @person ORDER BY i.said_at, c.name`},
	{"returns", `SELECT r.id, c.name AS company, r.stage, r.next_step, r.next_on, r.opened_at, r.updated_at FROM return_cases r
		JOIN companies c ON c.id = r.company_id WHERE r.person_id = @person ORDER BY r.opened_at, r.id`},
	{"return_notes", `SELECT n.case_id AS "return", n.stage, n.text, n.noted_at FROM return_notes n JOIN return_cases r ON r.id = n.case_id
		WHERE r.person_id = @person ORDER BY n.noted_at, n.id`},
	{"return_rule", `SELECT c.name AS company, ` + excludedThere + ` AS excluded FROM memberships m JOIN companies c ON c.id = m.company_id
		WHERE m.person_id = @person AND NOT m.outside ORDER BY c.name, m.id`},
	{"news_read", `SELECT c.name AS company, coalesce(nullif(x.title, ''), x.title_en) AS title, r.read_at FROM post_reads r JOIN posts x ON x.id = r.post_id
		JOIN companies c ON c.id = r.company_id WHERE r.person_id = @person ORDER BY r.read_at, x.id`},
	{"news_letters", `SELECT c.name AS company, coalesce(nullif(x.title, ''), x.title_en) AS title, l.sent_at FROM post_letters l JOIN posts x ON x.id = l.post_id
		JOIN companies c ON c.id = l.company_id WHERE l.person_id = @person ORDER BY l.sent_at, x.id`},
	{"news_written", `SELECT c.name AS company, x.kind, x.title, x.title_en, x.body, x.body_en, x.state, x.created_at, x.published_at FROM posts x
		JOIN companies c ON c.id = x.company_id WHERE x.created_by = @person ORDER BY x.created_at, x.id`},
	{"leaving", `SELECT state, asked_at, due_at, ended_at FROM erasures WHERE person_id = @person ORDER BY asked_at, id`},
	{"what_i_did", `SELECT a.at, c.name AS company, a.action, a.subject FROM audit a LEFT JOIN companies c ON c.id = a.company_id WHERE a.actor_id = @person ORDER BY a.at, a.id`},
}

// MyData is everything that is kept about the actor, as a zip file: data.json with all of it, and a CSV of each table. Other
// rooms' tables are given along. It is noted that it was taken out.
func (s *Service) MyData(ctx context.Context, who Actor, others ...OwnTable) ([]byte, error) {
	if who.Self() == uuid.Nil {
		return nil, ErrOwnMeans
	}
	var file bytes.Buffer
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		now := s.clock.Now()
		if err := Audit(tx, who, uuid.Nil, "profile.export", "person:"+who.PersonID.String(), nil); err != nil {
			return err
		}
		args := map[string]any{"person": who.PersonID, "blind": now.Add(-blindFor)}
		all := make(map[string][]json.RawMessage, len(OwnTables)+len(others))
		z := zip.NewWriter(&file)
		for _, t := range append(OwnTables[:len(OwnTables):len(OwnTables)], others...) {
			rows, err := ownRows(tx, t, args)
			if err != nil {
				return fmt.Errorf("own data, %s: %w", t.Name, err)
			}
			all[t.Name] = rows
			if err := inZip(z, t.Name+".csv", now, func(w io.Writer) error { return ownCSV(w, rows) }); err != nil {
				return err
			}
		}
		err := inZip(z, "data.json", now, func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(map[string]any{"person_id": who.PersonID, "exported_at": now, "tables": all})
		})
		if err != nil {
			return err
		}
		return z.Close()
	})
	return file.Bytes(), err
}

// ownRows reads a table as JSON objects, whose keys keep the order of the query.
func ownRows(tx *gorm.DB, t OwnTable, args map[string]any) ([]json.RawMessage, error) {
	var texts []string
	if err := tx.Raw("SELECT row_to_json(q)::text FROM ("+t.Query+") q", args).Scan(&texts).Error; err != nil {
		return nil, err
	}
	rows := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		rows[i] = json.RawMessage(text)
	}
	return rows, nil
}

func inZip(z *zip.Writer, name string, at time.Time, write func(io.Writer) error) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
	if err != nil {
		return err
	}
	return write(w)
}

// ownCSV writes rows for a spreadsheet: UTF-8 with its mark, and nothing that it would compute. A table without rows is empty.
func ownCSV(to io.Writer, rows []json.RawMessage) error {
	if _, err := io.WriteString(to, "\ufeff"); err != nil {
		return err
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	for i, row := range rows {
		columns, cells, err := cellsOf(row)
		if err != nil {
			return err
		}
		if i == 0 {
			if err := w.Write(columns); err != nil {
				return err
			}
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// cellsOf takes a JSON object apart in its order. Text stands as it is, null is empty, and anything else is its JSON.
func cellsOf(row json.RawMessage) (columns, cells []string, err error) {
	d := json.NewDecoder(bytes.NewReader(row))
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, nil, err
		}
		text := strings.TrimSpace(string(value))
		switch {
		case text == "null":
			text = ""
		case strings.HasPrefix(text, `"`):
			if err := json.Unmarshal(value, &text); err != nil {
				return nil, nil, err
			}
			text = cell.Neutral(cell.Clean(text))
		}
		columns, cells = append(columns, fmt.Sprint(key)), append(cells, text)
	}
	return columns, cells, nil
}
