package matching

import "homecoming/market/personal"

var (
	ones    = personal.Of("person_id = @person")
	indexed = personal.Of("membership_id = @person OR membership_id IN (SELECT id FROM memberships WHERE person_id = @person)") // who is shown beyond their companies stands for themselves
)

const machinery = "what the lists are made of, out of what comes out elsewhere"

// People is what erasing somebody has to know of this room.
var People = personal.Room{Tables: PersonalData}

// PersonalData says of every table of this room what in it is about a person and what erasing them does with it. Lists that were
// shown keep ids and numbers, and go by their own time.
var PersonalData = []personal.Table{
	personal.On("saved_told", personal.Nothing("item_id letter_id")),
	personal.On("saved_letters"),
	personal.On("saved_searches", personal.Points("person_id"), ones.Gone("name text skills companies departments due_by available_by stop_key")),
	personal.On("match_held", indexed.Gone("skill_id")).LeftOut(machinery),
	personal.On("match_members", personal.Points("membership_id person_id"), ones.Gone("left_on knows worked available_from changes_on guest_at came_from barred")).LeftOut(machinery),
	personal.On("index_pending", personal.Points("membership_id")).LeftOut(machinery),
	personal.On("search_pending", personal.Nothing("kind")),
	personal.On("search_texts", personal.House("scope"), personal.Of("id = @person OR id IN (SELECT id FROM memberships WHERE person_id = @person)").Gone("head skills rest")).LeftOut(machinery),
	personal.On("search_indexes", personal.Nothing("name")),
	personal.On("match_indexes", personal.Nothing("name moment format")),
	personal.On("match_builds", personal.Nothing("name build run_id")),
	personal.On("match_failures", personal.Nothing("name reason")),
	personal.On("rankings", personal.Nothing("as_of hash"), personal.Points("listed discovered body")).LeftOut("lists that companies were shown: ids and scores of many people, for half a year"),
	personal.On("skills", personal.House("name_en name_ja reserved merged_into stands_in")),
	personal.On("skill_names", personal.House("name skill_id")),
	personal.On("skill_aliases", personal.House("skill_id alias source language")),
	personal.On("skill_links", personal.House("narrower_id broader_id source")),
	personal.On("skill_concepts", personal.House("uri skill_id")),
	personal.On("skill_merges", personal.House("from_id into_id before after"), personal.Deeds("merged_by undone_by")),
	personal.On("skill_changes"),
	personal.On("taxonomy_versions", personal.Nothing("checksum")),
}
