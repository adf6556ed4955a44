-- Proposals and what became of them. `status` is what the last event says; events are never changed.

CREATE TABLE organism.intervention (
    id          text        PRIMARY KEY,
    proposal    jsonb       NOT NULL,            -- as last proposed; fixed from the moment somebody acts on it
    status      text        NOT NULL,
    run         text,                            -- that proposed it last
    proposed_at timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL
);

CREATE TABLE organism.intervention_event (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    intervention text        NOT NULL REFERENCES organism.intervention,
    at           timestamptz NOT NULL,
    action       text        NOT NULL,
    was          text,                           -- null: it was not there
    now          text        NOT NULL,
    actor        text        NOT NULL,           -- a person, or `engine`
    detail       jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX intervention_event_of ON organism.intervention_event (intervention, id);

CREATE TRIGGER intervention_event_append_only BEFORE UPDATE OR DELETE ON organism.intervention_event
    FOR EACH ROW EXECUTE FUNCTION organism.refuse_change();
CREATE TRIGGER intervention_event_not_truncated BEFORE TRUNCATE ON organism.intervention_event
    FOR EACH STATEMENT EXECUTE FUNCTION organism.refuse_change();
