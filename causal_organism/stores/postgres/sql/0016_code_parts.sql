-- What a code version is made of: {subject: {aspect: digest}}. Written by the first run that makes something with it.
CREATE TABLE organism.code_parts (
    code_version text  PRIMARY KEY,
    parts        jsonb NOT NULL
);
