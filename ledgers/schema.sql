-- Every object that keeps a rule, as (name, what it is): functions, views, triggers, constraints, unique indexes, grants of the web role.
SELECT 'function ' || p.oid::regprocedure, concat_ws('|', p.prosrc, p.prosecdef, p.provolatile, array_to_string(p.proconfig, ','),
       has_function_privilege(%(web)s, p.oid, 'EXECUTE'), pg_get_userbyid(p.proowner) = %(web)s)
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'trigger ' || c.relname || '.' || t.tgname, concat_ws('|', pg_get_triggerdef(t.oid), t.tgenabled)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'constraint ' || c.relname || '.' || k.conname, concat_ws('|', pg_get_constraintdef(k.oid), k.convalidated)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE c.relnamespace = 'public'::regnamespace AND k.contype IN ('c', 'f', 'u', 'p', 'x')
UNION ALL
SELECT 'view ' || c.relname, concat_ws('|', pg_get_viewdef(c.oid), pg_get_userbyid(c.relowner) = %(web)s, has_table_privilege(%(web)s, c.oid, 'SELECT'))
  FROM pg_class c WHERE c.relkind IN ('v', 'm') AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'index ' || i.indexrelid::regclass, pg_get_indexdef(i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'table ' || c.relname, concat_ws('|', pg_get_userbyid(c.relowner) = %(web)s, c.relrowsecurity,
       (SELECT string_agg(p, ',' ORDER BY p) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
         WHERE has_table_privilege(%(web)s, c.oid, p)),
       (SELECT string_agg(a.attname, ',' ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
         AND NOT a.attisdropped AND has_column_privilege(%(web)s, c.oid, a.attnum, 'UPDATE')))
  FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
