-- Read models: what people look at.

-- name: find_person(org, text)
-- People whose identity number is the text, or whose id begins with it; two at most.
SELECT id FROM person
WHERE org = :org AND (identity_number = :text OR id::text LIKE lower(:text) || '%')
LIMIT 2;

-- name: find_file(org, text)
-- Files whose id begins with the text; two at most.
SELECT id FROM file WHERE org = :org AND id::text LIKE lower(:text) || '%' LIMIT 2;
