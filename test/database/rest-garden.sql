-- A garden that was never ours, for what clients of PostgREST count on beyond the common cases.
create schema garden;
grant usage on schema garden to anon, authenticated;

-- a colour is a number that is spoken of as text
create domain garden.tint as int check (value >= 0);
create function garden.tint_json(garden.tint) returns json language sql immutable as
  $$ select to_json('#' || lpad(upper(to_hex($1)), 6, '0')) $$;
create function garden.tint_of(text) returns garden.tint language sql immutable as
  $$ select ('x' || lpad(ltrim($1, '#'), 8, '0'))::bit(32)::int::garden.tint $$;
create function garden.tint_of(json) returns garden.tint language sql immutable as
  $$ select garden.tint_of($1 #>> '{}') $$;
create cast (garden.tint as json) with function garden.tint_json(garden.tint) as implicit;
create cast (json as garden.tint) with function garden.tint_of(json) as implicit;
create cast (text as garden.tint) with function garden.tint_of(text) as implicit;

create type garden.spot as (x int, y int);
create table garden.beds (id int primary key, name text not null, tint garden.tint, spot garden.spot, notes json);
create table garden.plants (id int primary key, name text, bed_id int constraint in_bed references garden.beds, heights int[]);
create table garden.guests (id int primary key, name text, fax text);
create table garden.visits (
  guest_id int constraint visit_of references garden.guests,
  bed_id int references garden.beds,
  primary key (guest_id, bed_id)
);
create table garden.labels (plant_id int primary key references garden.plants, text text);
insert into garden.beds values
  (1, 'North', 255, '(1,2)', '{"soil": [{"ph": 6}, {"ph": 7}], "a-b": 1}'),
  (2, 'South', 256, null, '["loam", [9, 8]]'), (3, 'Empty', null, null, null);
insert into garden.plants values (1, 'Rose', 1, '{1,2}'), (2, 'Tulip', 1, '{3}'), (3, 'Moss', 2, null), (4, 'Weed', null, null);
insert into garden.guests values (1, 'Ann', null), (2, '"', '\'), (3, 'Ben, "Jr"', null);
insert into garden.visits values (1, 1), (1, 2), (2, 1);
insert into garden.labels values (1, 'thorny');

create view garden.pairs as select p.bed_id as this_bed, p.bed_id as that_bed, p.id from garden.plants p;
create view garden.beds_shown as select id, name, tint from garden.beds;

-- a view of a view that clients do not reach, and of a table that they do not reach either
create schema shed;
create table shed.tools (id int primary key, plant_id int references garden.plants);
insert into shed.tools values (1, 2);
create view shed.tools_seen as with all_tools as (select t.id as tool, t.plant_id as p from shed.tools t) select * from all_tools;
create view garden.tools as select tool, p as plant from shed.tools_seen where tool > 0;

create function garden.plants_below(id int) returns setof garden.plants language sql stable as
  $$ select * from garden.plants p where p.id < plants_below.id $$;
create function garden.pick(a int) returns int language sql immutable as $$ select a $$;
create function garden.pick(a text, b int default 1) returns text language sql immutable as $$ select a $$;
create function garden.pick(a int, b int, c int) returns int language sql immutable as $$ select a + b + c $$;
create function garden.sow(int) returns int language sql immutable as $$ select $1 $$;
create function garden.swallow(json) returns json language sql immutable as $$ select $1 $$;
create function garden.swallow(text) returns text language sql immutable as $$ select 'text ' || $1 $$;
create function garden.swallow() returns int language sql immutable as $$ select 0 $$;
create function garden.swallow(x int, y int) returns int language sql immutable as $$ select x + y $$;
create function garden.taste(text) returns text language sql immutable as $$ select $1 $$;
create function garden.maybe() returns int language sql immutable as $$ select 1 $$;
create function garden.maybe(text default 'x') returns int language sql immutable as $$ select 2 $$;
create function garden.row_of_any() returns record language sql stable as $$ select b.id, b.name from garden.beds b where id = 1 $$;
create domain garden.spot_here as garden.spot;
create function garden.here() returns garden.spot_here language sql immutable as $$ select row(3, 4)::garden.spot_here $$;
create domain garden.a_plant as garden.plants;
create function garden.first_plants() returns setof garden.a_plant language sql stable as
  $$ select p::garden.a_plant from garden.plants p where p.id < 3 order by id $$;
create function garden.letters(c char, b bit) returns text language sql immutable as $$ select c || b::text $$;
create function garden.list(variadic v text[] default '{}') returns text[] language sql immutable as $$ select v $$;
create function garden.tall(garden.plants) returns boolean language sql stable as $$ select 2 = any ($1.heights) $$;
create function garden.path_seen() returns text language sql stable as $$ select current_setting('request.path') $$;
create function garden.answer(status text, headers text) returns int language plpgsql as $$ begin
  perform set_config('response.status', status, true), set_config('response.headers', headers, true);
  return 1;
end $$;
create function garden.refuse(said text, how text default null) returns void language plpgsql as $$ begin
  if how is null then raise sqlstate 'PGRST' using message = said; end if;
  raise sqlstate 'PGRST' using message = said, detail = how;
end $$;
create function garden.refuse_oddly() returns void language plpgsql as $$ begin
  raise sqlstate 'PT40A' using message = 'Odd';
end $$;

-- answers in forms of its own
create domain garden."text/plain" as text;
create domain garden."text/tab-separated-values" as text;
create domain garden."image/x-seed" as bytea;
create domain garden."application/json" as json;
create domain garden."*/*" as bytea;
create function garden.hello() returns garden."text/plain" language sql immutable as $$ select 'Hello' $$;
create function garden.unsaid() returns garden."text/plain" language sql immutable as $$ select null::text::garden."text/plain" $$;
create function garden.seed() returns garden."image/x-seed" language sql immutable as $$ select '\x00ff41'::bytea $$;
create function garden.whatever() returns garden."*/*" language plpgsql as $$ begin
  if current_setting('request.headers')::json ->> 'accept' = 'app/odd' then
    perform set_config('response.headers', '[{"content-type": "app/odd"}]', true);
  end if;
  return 'any'::bytea;
end $$;
create function garden.add_line(so_far text, one anyelement) returns text language sql immutable as
  $$ select so_far || replace(trim(both '()' from one::text), ',', E'\t') || E'\n' $$;
create function garden.lines(text) returns garden."text/tab-separated-values" language sql immutable as $$ select $1 $$;
create aggregate garden.all_lines(anyelement) (sfunc = garden.add_line, stype = text, initcond = '', finalfunc = garden.lines);
create function garden.add_label(so_far json, one garden.labels) returns json language sql immutable as
  $$ select json_build_object('label', one.text) $$;
create function garden.as_json(json) returns garden."application/json" language sql immutable as $$ select $1 $$;
create aggregate garden.labelled(garden.labels) (sfunc = garden.add_label, stype = json, initcond = '{}', finalfunc = garden.as_json);

comment on schema garden is E'A garden\n\nWith beds\nand plants';
comment on table garden.plants is E'What grows\n\nAnd what it needs';
comment on column garden.plants.name is 'In plain words';
create type garden.season as enum ('spring', 'autumn');
create table garden.jobs (id int primary key, season garden.season default 'spring', code char(3) default 'abc', hours numeric not null default 1.5);

grant select, insert, update, delete on all tables in schema garden to authenticated;
revoke select on garden.guests from authenticated;
grant select (id, name) on garden.guests to authenticated;
grant execute on all functions in schema garden to anon, authenticated;
